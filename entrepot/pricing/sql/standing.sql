-- Prices of these SKUs that are in force or still to come. Parameters: sku_ids, list_id, now.
SELECT p.id, p.sku_id, p.amount_minor, p.was_minor, p.valid_from, p.valid_to
  FROM pricing_price p
 WHERE p.sku_id = ANY(%(sku_ids)s::uuid[]) AND p.price_list_id = %(list_id)s
   AND (p.valid_to IS NULL OR p.valid_to > %(now)s)
 ORDER BY p.sku_id, p.valid_from
