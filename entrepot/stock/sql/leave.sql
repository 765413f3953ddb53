-- Goods of an order leave their warehouse, and their list its account book: close.sql, then enter.sql, in one statement.
-- The items of the book are locked last, for they are the most wanted. Parameters: those of both. Rows: as close.sql.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
),
-- include stock/closing
, turn AS MATERIALIZED (
    SELECT n FROM (SELECT count(*) AS n FROM locked) l WHERE NOT EXISTS (SELECT 1 FROM stop)
),
-- include stock/entering
SELECT m.id AS claim_id, m.line_id, m.sku_id, k.warehouse_id, m.quantity, coalesce(f.free, 0) = 0 AS fresh,
       (k.stopped OR k.expired) AND %(leaving)s = 1 AS stopped
  FROM mine m JOIN locked k ON k.sku_id = m.sku_id AND k.id = m.level_id
  LEFT JOIN supply f ON f.sku_id = k.sku_id AND f.warehouse_id = k.warehouse_id
