-- Fragment: a job for each row of the part `errand` that stands before it: errand (name, lock, args, run_at,
-- priority: the higher goes first).
queued AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, scheduled_at, priority)
    SELECT 'jobs', name, lock, args, coalesce(run_at, now()), priority FROM errand
)
