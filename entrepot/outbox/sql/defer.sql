-- Order one job, in the caller's transaction. Parameters: name, lock, args, run_at, priority.
WITH errand AS (
    SELECT %(name)s::text AS name, %(lock)s::text AS lock, %(args)s::jsonb AS args, %(run_at)s::timestamptz AS run_at,
           %(priority)s::integer AS priority
),
-- include outbox/queue
SELECT name FROM errand
