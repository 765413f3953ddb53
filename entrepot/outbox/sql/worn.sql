-- Park the jobs of workers that died, as `rescue` knows them, once they were tried so often: they may be what the workers
-- die of. Parameters: silent_s, attempts_max. Rows: id, attempts.
UPDATE procrastinate_jobs AS job SET status = 'failed', attempts = job.attempts + 1, worker_id = NULL
 WHERE job.status = 'doing' AND job.attempts + 1 >= %(attempts_max)s
   AND NOT EXISTS (SELECT 1 FROM procrastinate_workers AS worker
                    WHERE worker.id = job.worker_id
                      AND worker.last_heartbeat > now() - make_interval(secs => %(silent_s)s))
RETURNING job.id, job.attempts
