-- Our own goods, wherever they stand: units and landed cost by article, kind of warehouse, customs state and lot's origin.
SELECT l.sku_id, w.kind, l.customs_state, o.origin, o.currency,
       sum(l.on_hand)::bigint AS units, sum(l.on_hand * (o.unit_cost + coalesce(c.unit_amount, 0))) AS cost
  FROM stock_level l
  JOIN stock_lot o ON o.sku_id = l.sku_id AND o.id = l.lot_id
  JOIN stock_warehouse w ON w.id = l.warehouse_id
  LEFT JOIN stock_lotlanded c ON c.sku_id = o.sku_id AND c.lot_id = o.id
 WHERE l.on_hand > 0 AND l.owner_id = '00000000-0000-0000-0000-000000000000'
 GROUP BY l.sku_id, w.kind, l.customs_state, o.origin, o.currency
 ORDER BY l.sku_id, w.kind, l.customs_state, o.origin, o.currency
