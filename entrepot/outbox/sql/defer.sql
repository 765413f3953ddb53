-- Order one job, in the caller's transaction. Parameters: name, lock, args, run_at.
WITH errand AS (
    SELECT %(name)s::text AS name, %(lock)s::text AS lock, %(args)s::jsonb AS args, %(run_at)s::timestamptz AS run_at
),
-- include outbox/queue
SELECT name FROM errand
