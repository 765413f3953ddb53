-- Tell one fact, in the caller's transaction. Parameters: id, topic, aggregate_id, buyer_id, payload, handlers.
WITH fact AS (
    SELECT %(id)s::uuid AS id, %(topic)s::text AS topic, %(aggregate_id)s::uuid AS aggregate_id,
           %(buyer_id)s::uuid AS buyer_id, %(payload)s::jsonb AS payload
),
-- include outbox/tell
SELECT id FROM fact
