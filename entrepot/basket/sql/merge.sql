-- Move a visitor's lines into a buyer's basket. Parameters: visitor_id, buyer_id, storefront_id, at, quantity_max, lines_max.
WITH brought AS (
    DELETE FROM basket_line WHERE buyer_id = %(visitor_id)s AND storefront_id = %(storefront_id)s
    RETURNING id, sku_id, quantity, added_at
), mine AS (
    SELECT sku_id FROM basket_line WHERE buyer_id = %(buyer_id)s AND storefront_id = %(storefront_id)s
), ranked AS (
    SELECT b.*, b.sku_id IN (SELECT sku_id FROM mine) AS known,
           row_number() OVER (PARTITION BY b.sku_id IN (SELECT sku_id FROM mine) ORDER BY b.added_at, b.id) AS n
      FROM brought b
)
INSERT INTO basket_line AS l (id, buyer_id, storefront_id, sku_id, quantity, added_at, changed_at)
SELECT id, %(buyer_id)s, %(storefront_id)s, sku_id, quantity, added_at, %(at)s
  FROM ranked
 WHERE known OR n <= %(lines_max)s - (SELECT count(*) FROM mine)
    ON CONFLICT (buyer_id, storefront_id, sku_id)
       DO UPDATE SET quantity = least(l.quantity + excluded.quantity, %(quantity_max)s), changed_at = excluded.changed_at
