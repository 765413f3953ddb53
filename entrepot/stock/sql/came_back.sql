-- Units that buyers sent back on a day in China by article and warehouse, sound or spoiled.
SELECT m.sku_id, l.warehouse_id, sum(m.on_hand)::integer AS units
  FROM stock_movement m
  JOIN stock_level l ON l.sku_id = m.sku_id AND l.id = m.level_id
 WHERE m.kind = 'return' AND m.id >= %(first_id)s AND m.at >= %(since)s AND m.at < %(until)s
 GROUP BY m.sku_id, l.warehouse_id
