-- Claims that hold units of these lots for orders that have not left yet. Parameters: sku_ids, lot_ids.
SELECT c.id AS claim_id, c.sku_id, l.lot_id, c.buyer_id, c.reference AS order_id, c.line_id, c.part, c.quantity,
       c.returned, c.state
  FROM stock_level l JOIN stock_claim c ON c.sku_id = l.sku_id AND c.level_id = l.id
 WHERE l.sku_id = ANY(%(sku_ids)s::uuid[]) AND l.lot_id = ANY(%(lot_ids)s::uuid[]) AND l.claimed > 0 AND c.state = 'open'
 ORDER BY c.sku_id, c.id
