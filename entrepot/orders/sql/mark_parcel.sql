-- Move one parcel to a state if it is in one that may come before; the last parcel to end ends the order. The order's row
-- is locked first, so two last parcels cannot miss each other. Parameters: order_id, buyer_id, parcel_id, state, before
-- (states), ends (the parcel's state is an end), delivered, released, event_id, end_event_id, at, note,
-- explanation (NULL = none to write down; the first one stays); fact_id and topic of what
-- is told (NULL = nothing). One row if this call moved it: its lines as JSON text, in their order.
WITH head AS MATERIALIZED (
    SELECT id, buyer_id FROM orders_order WHERE buyer_id = %(buyer_id)s AND id = %(order_id)s FOR UPDATE
), moved AS (
    UPDATE orders_parcel p
       SET state = %(state)s::text, explanation = coalesce(p.explanation, %(explanation)s::jsonb)
      FROM head h
     WHERE p.buyer_id = h.buyer_id AND p.order_id = h.id AND p.id = %(parcel_id)s AND p.state = ANY(%(before)s)
    RETURNING p.id, p.order_id, p.buyer_id, p.allowance_minor, p.year
), turned AS (
    UPDATE orders_order o
       SET sequence = o.sequence + CASE WHEN %(ends)s AND o.parcels_open = 1 THEN 2 ELSE 1 END,
           parcels_open = o.parcels_open - %(ends)s::int,
           parcels_delivered = o.parcels_delivered + %(delivered)s::int,
           allowance_minor = o.allowance_minor - CASE WHEN %(ends)s AND NOT %(delivered)s THEN m.allowance_minor ELSE 0 END,
           state = CASE WHEN NOT %(ends)s OR o.parcels_open > 1 THEN o.state
                        WHEN o.parcels_delivered + %(delivered)s::int > 0 THEN 'delivered' ELSE 'cancelled' END
      FROM moved m WHERE o.buyer_id = m.buyer_id AND o.id = m.order_id
    RETURNING o.id, o.buyer_id, o.sequence, o.state, o.id_hash, coalesce(m.year, o.year) AS year, m.allowance_minor,
              %(ends)s AND o.parcels_open = 0 AS over
), counted AS (
    UPDATE orders_annualuse u
       SET used_minor = u.used_minor - CASE WHEN %(ends)s THEN t.allowance_minor ELSE 0 END,
           committed_minor = u.committed_minor + CASE WHEN %(released)s THEN t.allowance_minor ELSE 0 END
      FROM turned t WHERE (%(released)s OR %(ends)s AND NOT %(delivered)s) AND u.id_hash = t.id_hash AND u.year = t.year
), noted AS (
    INSERT INTO orders_event (id, buyer_id, order_id, sequence, parcel_id, kind, at, note)
    SELECT %(event_id)s::uuid, buyer_id, id, sequence - over::int, %(parcel_id)s::uuid, %(state)s::text, %(at)s::timestamptz,
           %(note)s::text
      FROM turned
    UNION ALL
    SELECT %(end_event_id)s::uuid, buyer_id, id, sequence, NULL, state, %(at)s::timestamptz, '' FROM turned WHERE over
), fact AS (
    SELECT %(fact_id)s::uuid AS id, %(topic)s::text AS topic, id AS aggregate_id, buyer_id,
           jsonb_build_object('order_id', order_id, 'parcel_id', id) AS payload
      FROM moved WHERE %(topic)s::text IS NOT NULL
),
-- include outbox/tell
SELECT (SELECT json_agg(json_build_object('id', l.id, 'sku_id', l.sku_id) ORDER BY l.number) FROM orders_line l
         WHERE l.buyer_id = m.buyer_id AND l.parcel_id = m.id)::text AS lines
  FROM moved m
