-- Jobs that gave up, newest first, with the last error of each.
SELECT job.id, job.task_name, job.lock, job.attempts, job.args, failure.error, failure.at
  FROM procrastinate_jobs AS job
  LEFT JOIN LATERAL (SELECT error, at FROM outbox_failure WHERE job_id = job.id ORDER BY at DESC LIMIT 1) AS failure ON true
 WHERE job.status = 'failed'
 ORDER BY job.id DESC
 LIMIT %(limit)s OFFSET %(offset)s
