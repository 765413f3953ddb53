-- Keep a carrier's scans and move the waybill forward. The row is locked first, so that of two reports at one moment
-- exactly one is told to have moved it. Parameters: buyer_id, id, scan_ids/events/codes/moments/places/zh/en (one each
-- per scan), first_at, delivered_at (NULL: not delivered), ask_at, now. One row: state before and after, or none.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), before AS MATERIALIZED (
    SELECT w.id, w.buyer_id, w.order_id, w.parcel_id, w.state
      FROM patience, shipping_waybill w WHERE w.buyer_id = %(buyer_id)s AND w.id = %(id)s
       FOR UPDATE OF w
), kept AS (
    INSERT INTO shipping_scan (id, buyer_id, waybill_id, event, code, at, place, zh, en, received_at)
    SELECT s.id, b.buyer_id, b.id, s.event, s.code, s.at, s.place, s.zh, s.en, %(now)s
      FROM before b, unnest(%(scan_ids)s::uuid[], %(events)s::text[], %(codes)s::text[], %(moments)s::timestamptz[],
                            %(places)s::text[], %(zh)s::text[], %(en)s::text[])
                         AS s(id, event, code, at, place, zh, en)
    ON CONFLICT (buyer_id, waybill_id, event) DO NOTHING
), moved AS (
    UPDATE shipping_waybill w
       SET state = CASE WHEN %(delivered_at)s::timestamptz IS NULL THEN 'dispatched' ELSE 'delivered' END,
           dispatched_at = coalesce(w.dispatched_at, %(first_at)s),
           delivered_at = %(delivered_at)s,
           ask_at = CASE WHEN %(delivered_at)s::timestamptz IS NULL THEN %(ask_at)s::timestamptz END
      FROM before b
     WHERE w.buyer_id = b.buyer_id AND w.id = b.id
       AND (b.state = 'booked' OR b.state = 'dispatched' AND %(delivered_at)s::timestamptz IS NOT NULL)
    RETURNING w.id, w.state
)
SELECT b.order_id, b.parcel_id, b.state AS before, coalesce(m.state, b.state) AS after
  FROM before b LEFT JOIN moved m USING (id)
