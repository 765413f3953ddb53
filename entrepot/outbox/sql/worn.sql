-- Park the jobs of workers that died, as `rescue` knows them, once they were tried so often: they may be what the workers
-- die of. Parameters: silent_s, attempts_max. Rows: id, attempts.
UPDATE procrastinate_jobs AS job SET status = 'failed', attempts = job.attempts + 1, worker_id = NULL
 WHERE job.status = 'doing' AND job.attempts + 1 >= %(attempts_max)s
-- include outbox/silent
RETURNING job.id, job.attempts
