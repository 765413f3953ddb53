-- All prices of a storefront in force; while a flash sale has units left, its price. Parameters: storefront_id, currency,
-- at.
SELECT p.sku_id, p.price_list_id AS list_id, p.amount_minor, p.was_minor, f.*, b.*
  FROM pricing_price p JOIN pricing_pricelist l ON l.id = p.price_list_id
-- include pricing/ruling
 WHERE l.storefront_id = %(storefront_id)s AND l.currency = %(currency)s
   AND p.valid_from <= %(at)s AND (p.valid_to IS NULL OR p.valid_to > %(at)s)
 ORDER BY p.sku_id
