-- The claims of one order with the lots that serve them, without what was given back. The last condition is the one of the
-- index `claim_once`: without it every claim there ever was is read. Parameters: reference, sku_ids.
SELECT c.line_id, c.sku_id, l.warehouse_id, l.lot_id, c.quantity, c.state, c.expires_at, o.code AS lot_code, o.item_record
  FROM stock_claim c JOIN stock_level l ON l.sku_id = c.sku_id AND l.id = c.level_id
  JOIN stock_lot o ON o.sku_id = l.sku_id AND o.id = l.lot_id
 WHERE c.sku_id = ANY(%(sku_ids)s::uuid[]) AND c.reference = %(reference)s
   AND NOT (c.state = 'released')
 ORDER BY c.at, c.line_id, c.part
