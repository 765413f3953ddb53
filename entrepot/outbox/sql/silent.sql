-- Fragment: of workers that died, for their heartbeat stopped or their row was pruned. Parameter: silent_s.
       AND NOT EXISTS (SELECT 1 FROM procrastinate_workers AS worker
                        WHERE worker.id = job.worker_id
                          AND worker.last_heartbeat > now() - make_interval(secs => %(silent_s)s))
