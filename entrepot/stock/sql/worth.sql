-- Units and value of some levels at a moment: what stands now less what moved since, at the price and what was laid on a
-- unit by then. Parameters: sku_ids, level_ids, until (the moment).
SELECT l.id AS level_id, s.units, o.unit_cost + c.amount AS unit_cost, o.currency, s.units * (o.unit_cost + c.amount) AS value
  FROM unnest(%(sku_ids)s::uuid[], %(level_ids)s::uuid[]) AS t(sku_id, level_id)
  JOIN stock_level l ON l.sku_id = t.sku_id AND l.id = t.level_id
  JOIN stock_lot o ON o.sku_id = l.sku_id AND o.id = l.lot_id
 CROSS JOIN LATERAL (
       SELECT (l.on_hand - coalesce(sum(m.on_hand), 0))::int AS units FROM stock_movement m
        WHERE m.level_id = l.id AND m.at >= %(until)s) s
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(e.unit_amount) FILTER (WHERE e.at < %(until)s), 0) AS amount FROM stock_lotcost e
        WHERE e.sku_id = o.sku_id AND e.lot_id = o.id) c  -- by the lot alone: the index of times finds millions
