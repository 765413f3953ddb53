-- What was ordered leaves the baskets: the line, or of a line with more units so many. In key order, so two batches never
-- wait for each other in a circle. Parameter: lines (JSON array of n = the order's place in the queue, buyer_id,
-- storefront_id, sku_id, quantity).
-- Rows: the orders whose basket does not hold (any more) what they and those before them take of it. Where there is one,
-- nothing may stand: the others are asked for again without it. The first of a basket that holds it is never among them.
WITH wish AS MATERIALIZED (
    SELECT l.*, sum(l.quantity) OVER (PARTITION BY l.buyer_id, l.storefront_id, l.sku_id ORDER BY l.n) AS upto
      FROM json_to_recordset(%(lines)s::json) AS l(n int, buyer_id uuid, storefront_id uuid, sku_id uuid, quantity int)
), held AS MATERIALIZED (  -- the values are the newest ones: what another order has taken out meanwhile is gone
    SELECT b.id, w.n, w.sku_id, b.quantity - w.upto AS rest
      FROM wish w JOIN basket_line b USING (buyer_id, storefront_id, sku_id)
     ORDER BY b.buyer_id, b.storefront_id, b.sku_id
       FOR UPDATE OF b
), lessened AS (
    UPDATE basket_line b SET quantity = h.rest
      FROM (SELECT id, min(rest) AS rest FROM held GROUP BY id) h WHERE b.id = h.id AND h.rest > 0
), emptied AS (
    DELETE FROM basket_line b
     USING (SELECT id, min(rest) AS rest FROM held GROUP BY id) h WHERE b.id = h.id AND h.rest <= 0
)
SELECT DISTINCT w.n FROM wish w LEFT JOIN held h ON h.n = w.n AND h.sku_id = w.sku_id
 WHERE h.id IS NULL OR h.rest < 0
