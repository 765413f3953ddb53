-- Units of shipped claims are back. Parameters: ids, sku_ids, quantities. The claims are locked by shipped.sql before.
UPDATE stock_claim c SET returned = c.returned + b.quantity
  FROM unnest(%(ids)s::uuid[], %(sku_ids)s::uuid[], %(quantities)s::int[]) AS b(id, sku_id, quantity)
 WHERE c.sku_id = b.sku_id AND c.id = b.id AND c.state = 'shipped' AND c.returned + b.quantity <= c.quantity
