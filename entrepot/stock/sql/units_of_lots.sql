-- How the units of lots stand: received in all, free to sell, held (quarantined), claimed. Parameters: sku_ids, lot_ids.
SELECT l.lot_id, coalesce(sum(m.received), 0)::int AS received,
       coalesce(sum(l.on_hand - l.claimed) FILTER (WHERE l.customs_state <> 'quarantined'), 0)::int AS free,
       coalesce(sum(l.on_hand) FILTER (WHERE l.customs_state = 'quarantined'), 0)::int AS held,
       coalesce(sum(l.claimed), 0)::int AS claimed
  FROM stock_level l CROSS JOIN LATERAL (
       SELECT sum(m.on_hand) AS received FROM stock_movement m
        WHERE m.sku_id = l.sku_id AND m.level_id = l.id AND m.kind = 'receive') m
 WHERE l.sku_id = ANY(%(sku_ids)s::uuid[]) AND l.lot_id = ANY(%(lot_ids)s::uuid[])
 GROUP BY l.lot_id
