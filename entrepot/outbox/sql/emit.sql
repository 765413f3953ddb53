-- Write one event and one job per subscribed handler, in the caller's transaction.
-- The lock is handler and aggregate: one handler sees the events of one aggregate in the order they were told.
WITH event AS (
    INSERT INTO outbox_event (id, topic, aggregate_id, buyer_id, payload)
    VALUES (%(id)s, %(topic)s, %(aggregate_id)s, %(buyer_id)s, %(payload)s)
)
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)
SELECT 'events', handler, handler || ':' || %(aggregate_id)s::text, %(args)s
  FROM unnest(%(handlers)s::text[]) AS handler
