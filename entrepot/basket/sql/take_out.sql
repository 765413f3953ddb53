-- What was ordered leaves the baskets. Parameter: lines (JSON array of buyer_id, storefront_id, sku_id). In key order, so
-- two batches never wait for each other in a circle.
WITH gone AS MATERIALIZED (
    SELECT b.id
      FROM json_to_recordset(%(lines)s::json) AS l(buyer_id uuid, storefront_id uuid, sku_id uuid)
      JOIN basket_line b USING (buyer_id, storefront_id, sku_id)
     ORDER BY b.buyer_id, b.storefront_id, b.sku_id
       FOR UPDATE OF b
)
DELETE FROM basket_line b USING gone g WHERE b.id = g.id
RETURNING b.buyer_id
