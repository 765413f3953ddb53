-- Fragment: an event, and a job per subscribed handler, for each row of the part `fact` that stands before it: fact (id,
-- topic, aggregate_id, buyer_id, payload). Parameter: handlers (jsonb: [name, priority] by topic), from services.told.
-- The lock is handler and aggregate: one handler sees the events of one aggregate in the order they were told.
told_event AS (
    INSERT INTO outbox_event (id, topic, aggregate_id, buyer_id, payload)
    SELECT id, topic, aggregate_id, buyer_id, payload FROM fact
), told_job AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, scheduled_at, priority)
    SELECT 'events', h.by ->> 0, (h.by ->> 0) || ':' || f.aggregate_id::text,
           jsonb_build_object('event', jsonb_build_object('id', f.id, 'topic', f.topic, 'aggregate_id', f.aggregate_id,
                                                          'buyer_id', f.buyer_id, 'payload', f.payload)), now(),
           (h.by ->> 1)::integer
      FROM fact f, jsonb_array_elements(%(handlers)s::jsonb -> f.topic) WITH ORDINALITY AS h(by, n)
     ORDER BY f.id, h.n
)
