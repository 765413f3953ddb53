-- The claims of one order. Parameters: reference, sku_ids.
SELECT c.line_id, c.sku_id, l.warehouse_id, l.lot_id, c.quantity, c.state, c.expires_at
  FROM stock_claim c JOIN stock_level l ON l.sku_id = c.sku_id AND l.id = c.level_id
 WHERE c.sku_id = ANY(%(sku_ids)s::uuid[]) AND c.reference = %(reference)s
 ORDER BY c.at, c.line_id, c.part
