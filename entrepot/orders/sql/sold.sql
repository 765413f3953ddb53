-- Units of orders paid on a day in China by article and warehouse, and how many of them were called off since.
-- Orders are found by key: one is paid within a day of being placed, or it stands again by a payment that came late,
-- which its timeline said on that day. Parameters: since, until (the day), first_id and last_id (of a day before and one
-- after).
WITH late AS MATERIALIZED (
    SELECT buyer_id, order_id AS id FROM orders_event
     WHERE id >= %(first_id)s AND id < %(last_id)s AND order_id < %(first_id)s AND kind = 'paid'
), paid AS (
    SELECT buyer_id, id FROM orders_order
     WHERE id >= %(first_id)s AND paid_at >= %(since)s AND paid_at < %(until)s
    UNION
    SELECT o.buyer_id, o.id FROM late t JOIN orders_order o ON o.buyer_id = t.buyer_id AND o.id = t.id
     WHERE o.paid_at >= %(since)s AND o.paid_at < %(until)s
)
SELECT l.sku_id, min(l.sku_code) AS sku_code, p.warehouse_id, sum(l.quantity)::integer AS units,
       coalesce(sum(l.quantity) FILTER (WHERE p.state = 'cancelled'), 0)::integer AS cancelled
  FROM paid o
  JOIN orders_parcel p ON p.buyer_id = o.buyer_id AND p.order_id = o.id
  JOIN orders_line l ON l.buyer_id = p.buyer_id AND l.parcel_id = p.id
 GROUP BY l.sku_id, p.warehouse_id
 ORDER BY l.sku_id, p.warehouse_id
