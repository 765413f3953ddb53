-- Give back the jobs of workers that died: their heartbeat stopped, or their row was pruned. Parameter: silent_s.
WITH dead AS (
    SELECT job.id, job.queueing_lock FROM procrastinate_jobs AS job
     WHERE job.status = 'doing'
       AND NOT EXISTS (SELECT 1 FROM procrastinate_workers AS worker
                        WHERE worker.id = job.worker_id
                          AND worker.last_heartbeat > now() - make_interval(secs => %(silent_s)s))
       FOR UPDATE
)
-- include outbox/again
