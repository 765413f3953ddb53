-- Lots that were received or shipped in a time, each once. Parameters: since, until, the last pair read (sku_id, lot_id),
-- most. The ledger is found by time (movement_by_time).
SELECT DISTINCT l.sku_id, l.lot_id
  FROM stock_movement m JOIN stock_level l ON l.sku_id = m.sku_id AND l.id = m.level_id
 WHERE m.at >= %(since)s AND m.at < %(until)s AND m.kind IN ('receive', 'ship')
   AND (l.sku_id, l.lot_id) > (%(sku_id)s, %(lot_id)s)
 ORDER BY l.sku_id, l.lot_id
 LIMIT %(most)s
