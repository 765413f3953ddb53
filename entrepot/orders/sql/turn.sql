-- Turn a whole order from one state to another, its parcels with it; whoever turns it gets the one row. A cancelled order
-- turns back only if it never was paid and no late payment of it was refused.
-- Parameters: order_id, buyer_id, before, after (both states of order and parcels), paid_at and payment_id (NULL = as
-- they are), allowance (1 = count it again, -1 = give it back, 0 = neither), event_id, at, note; fact_id, topic and more
-- payload of what is told (topic NULL = nothing).
WITH turned AS (
    UPDATE orders_order
       SET state = %(after)s::text, sequence = sequence + 1, paid_at = coalesce(%(paid_at)s::timestamptz, paid_at),
           payment_id = coalesce(%(payment_id)s::uuid, payment_id)
     WHERE buyer_id = %(buyer_id)s AND id = %(order_id)s AND state = %(before)s::text
       AND (state <> 'cancelled' OR paid_at IS NULL AND refused_at IS NULL)
    RETURNING id, buyer_id, sequence, id_hash, year, allowance_minor
), parcels AS (
    UPDATE orders_parcel p SET state = %(after)s::text
      FROM turned t WHERE p.buyer_id = t.buyer_id AND p.order_id = t.id AND p.state = %(before)s::text
), counted AS (
    UPDATE orders_annualuse u SET used_minor = u.used_minor + t.allowance_minor * %(allowance)s
      FROM turned t WHERE %(allowance)s <> 0 AND u.id_hash = t.id_hash AND u.year = t.year
), fact AS (
    SELECT %(fact_id)s::uuid AS id, %(topic)s::text AS topic, id AS aggregate_id, buyer_id,
           jsonb_build_object('order_id', id) || %(payload)s::jsonb AS payload
      FROM turned WHERE %(topic)s::text IS NOT NULL
),
-- include outbox/tell
INSERT INTO orders_event (id, buyer_id, order_id, sequence, parcel_id, kind, at, note)
SELECT %(event_id)s, buyer_id, id, sequence, NULL, %(after)s::text, %(at)s, %(note)s FROM turned
