-- Set the quantity of one SKU. Parameters: id, buyer_id, storefront_id, sku_id, quantity, at, lines_max.
-- No row is touched when the basket is full and the SKU is not in it.
INSERT INTO basket_line (id, buyer_id, storefront_id, sku_id, quantity, added_at, changed_at)
SELECT %(id)s, %(buyer_id)s, %(storefront_id)s, %(sku_id)s, %(quantity)s, %(at)s, %(at)s
 WHERE (SELECT count(*) FROM basket_line
         WHERE buyer_id = %(buyer_id)s AND storefront_id = %(storefront_id)s AND sku_id <> %(sku_id)s) < %(lines_max)s
    ON CONFLICT (buyer_id, storefront_id, sku_id)
       DO UPDATE SET quantity = excluded.quantity, changed_at = excluded.changed_at
