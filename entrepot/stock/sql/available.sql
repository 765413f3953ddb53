-- Free units of our own sellable goods. Parameters: sku_ids, day (NULL = lots do not expire).
SELECT l.sku_id, l.warehouse_id, sum(l.on_hand - l.claimed)::int AS quantity
  FROM stock_level l JOIN stock_lot o ON o.sku_id = l.sku_id AND o.id = l.lot_id
 WHERE l.sku_id = ANY(%(sku_ids)s::uuid[]) AND l.owner_id = '00000000-0000-0000-0000-000000000000'
   AND l.customs_state IN ('bonded', 'released', 'duty_paid') AND l.on_hand > l.claimed AND NOT l.stopped
   AND (%(day)s::date IS NULL OR o.expires_on IS NULL OR o.expires_on > %(day)s::date)
 GROUP BY l.sku_id, l.warehouse_id
 ORDER BY l.sku_id, l.warehouse_id
