-- How many units a basket holds. Parameters: buyer_id, storefront_id.
SELECT coalesce(sum(quantity), 0) AS units FROM basket_line
 WHERE buyer_id = %(buyer_id)s AND storefront_id = %(storefront_id)s
