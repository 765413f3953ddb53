-- Order lines by id with their parcel and order. Parameters: buyer_ids, line_ids.
SELECT l.id AS line_id, o.number AS order_number, p.id AS parcel_id, p.number AS parcel_number, p.state, l.number,
       l.sku_code, l.titles, l.quantity, o.storefront_id
  FROM orders_line l
  JOIN orders_parcel p ON p.buyer_id = l.buyer_id AND p.id = l.parcel_id
  JOIN orders_order o ON o.buyer_id = p.buyer_id AND o.id = p.order_id
 WHERE l.buyer_id = ANY(%(buyer_ids)s::uuid[]) AND l.id = ANY(%(line_ids)s::uuid[])
