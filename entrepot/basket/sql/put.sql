-- Set the quantity of one SKU, or add to it up to its limit. Parameters: id, buyer_id, storefront_id, sku_id, quantity,
-- on_top, at, lines_max, quantity_max. No row is touched when the basket is full and the SKU is not in it.
INSERT INTO basket_line AS l (id, buyer_id, storefront_id, sku_id, quantity, added_at, changed_at)
SELECT %(id)s, %(buyer_id)s, %(storefront_id)s, %(sku_id)s, %(quantity)s, %(at)s, %(at)s
 WHERE (SELECT count(*) FROM basket_line
         WHERE buyer_id = %(buyer_id)s AND storefront_id = %(storefront_id)s AND sku_id <> %(sku_id)s) < %(lines_max)s
    ON CONFLICT (buyer_id, storefront_id, sku_id)
       DO UPDATE SET quantity = CASE WHEN %(on_top)s::boolean THEN least(l.quantity + excluded.quantity, %(quantity_max)s)
                                     ELSE excluded.quantity END,
                     changed_at = excluded.changed_at
