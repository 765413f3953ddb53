-- Units of orders paid on a day in China by article and warehouse, and how many of them were called off since.
-- Orders are found by key: one is paid within a day of being placed.
SELECT l.sku_id, min(l.sku_code) AS sku_code, p.warehouse_id, sum(l.quantity)::integer AS units,
       coalesce(sum(l.quantity) FILTER (WHERE p.state = 'cancelled'), 0)::integer AS cancelled
  FROM orders_order o
  JOIN orders_parcel p ON p.buyer_id = o.buyer_id AND p.order_id = o.id
  JOIN orders_line l ON l.buyer_id = p.buyer_id AND l.parcel_id = p.id
 WHERE o.id >= %(first_id)s AND o.paid_at >= %(since)s AND o.paid_at < %(until)s
 GROUP BY l.sku_id, p.warehouse_id
 ORDER BY l.sku_id, p.warehouse_id
