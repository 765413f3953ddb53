-- Give back the jobs of workers that died: their heartbeat stopped, or their row was pruned.
UPDATE procrastinate_jobs AS job
   SET status = 'todo', attempts = job.attempts + 1, scheduled_at = NULL, worker_id = NULL
 WHERE job.status = 'doing'
   AND NOT EXISTS (SELECT 1 FROM procrastinate_workers AS worker
                    WHERE worker.id = job.worker_id
                      AND worker.last_heartbeat > now() - make_interval(secs => %(silent_s)s))
