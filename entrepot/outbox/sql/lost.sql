-- Give back the jobs that count as a worker's and that it does not have: their end could not be told, for the database was
-- away. Parameters: worker_id, in_hand (ids of those it has).
WITH dead AS (
    SELECT job.id, job.queueing_lock FROM procrastinate_jobs AS job
     WHERE job.status = 'doing' AND job.worker_id = %(worker_id)s AND job.id <> ALL(%(in_hand)s::bigint[])
       FOR UPDATE
)
-- include outbox/again
