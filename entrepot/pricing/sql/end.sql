-- Move the ends of prices. Parameters: ids, sku_ids and ends, in step.
UPDATE pricing_price p SET valid_to = e.valid_to
  FROM unnest(%(ids)s::uuid[], %(sku_ids)s::uuid[], %(ends)s::timestamptz[]) AS e (id, sku_id, valid_to)
 WHERE p.sku_id = e.sku_id AND p.id = e.id
