-- What was ordered leaves the baskets: the line, or of a line with more units so many. Parameter: lines (JSON array of
-- buyer_id, storefront_id, sku_id, quantity). In key order, so two batches never wait for each other in a circle.
WITH held AS MATERIALIZED (
    SELECT b.id, b.quantity - l.quantity AS rest
      FROM json_to_recordset(%(lines)s::json) AS l(buyer_id uuid, storefront_id uuid, sku_id uuid, quantity int)
      JOIN basket_line b USING (buyer_id, storefront_id, sku_id)
     ORDER BY b.buyer_id, b.storefront_id, b.sku_id
       FOR UPDATE OF b
), lessened AS (
    UPDATE basket_line b SET quantity = h.rest FROM held h WHERE b.id = h.id AND h.rest > 0
)
DELETE FROM basket_line b USING held h WHERE b.id = h.id AND h.rest <= 0
RETURNING b.buyer_id
