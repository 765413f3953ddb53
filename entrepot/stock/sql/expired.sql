-- Articles with free units in lots that expire on one of these days. Parameters: days.
SELECT DISTINCT l.sku_id
  FROM stock_level l JOIN stock_lot o ON o.sku_id = l.sku_id AND o.id = l.lot_id
 WHERE o.expires_on = ANY(%(days)s::date[]) AND l.on_hand > l.claimed
 ORDER BY l.sku_id
