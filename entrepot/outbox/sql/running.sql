-- Jobs that are being done, the longest due first, with how many wait behind each.
SELECT job.id, job.task_name, job.lock, coalesce(job.scheduled_at, to_timestamp(tick.defer_timestamp)) AS due,
       coalesce(behind.jobs, 0) AS behind
  FROM procrastinate_jobs AS job
  LEFT JOIN procrastinate_periodic_defers AS tick ON tick.job_id = job.id
  LEFT JOIN (SELECT lock, count(*) AS jobs FROM procrastinate_jobs
              WHERE status = 'todo' AND lock IN (SELECT lock FROM procrastinate_jobs WHERE status = 'doing')
              GROUP BY lock) AS behind ON behind.lock = job.lock
 WHERE job.status = 'doing'
 ORDER BY due, job.id
 LIMIT %(limit)s
