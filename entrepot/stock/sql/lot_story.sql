-- What happened to one lot, for its journey: each receipt, and for each day in China what left. Parameters: sku_id, lot_id.
SELECT 'receive' AS kind, min(m.at) AS at, l.warehouse_id, sum(m.on_hand)::int AS units, m.reference
  FROM stock_level l JOIN stock_movement m ON m.sku_id = l.sku_id AND m.level_id = l.id
 WHERE l.sku_id = %(sku_id)s AND l.lot_id = %(lot_id)s AND m.kind = 'receive'
 GROUP BY l.warehouse_id, m.reference
UNION ALL
SELECT 'ship', max(m.at), l.warehouse_id, -sum(m.on_hand)::int, (m.at AT TIME ZONE 'Asia/Shanghai')::date::text
  FROM stock_level l JOIN stock_movement m ON m.sku_id = l.sku_id AND m.level_id = l.id
 WHERE l.sku_id = %(sku_id)s AND l.lot_id = %(lot_id)s AND m.kind = 'ship'
 GROUP BY l.warehouse_id, (m.at AT TIME ZONE 'Asia/Shanghai')::date
 ORDER BY at, kind, reference
