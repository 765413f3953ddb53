-- Our units of every level, and their value, when a month began: the closing before it and what moved since. Parameters:
-- base (fresh UUID, numbered in its last eight hex digits), month, until (when it began), before (the month of the closing
-- before, NULL for none), since (when that began). Joined by ids alone: with the articles named too a planner takes a
-- million rows for one and looks through all costs for each.
WITH moved AS (
    SELECT m.sku_id, m.level_id, m.on_hand AS units FROM stock_movement m
     WHERE m.at >= %(since)s AND m.at < %(until)s AND m.on_hand <> 0
    UNION ALL
    SELECT k.sku_id, k.level_id, k.units FROM stock_closing k WHERE k.month = %(before)s
), stood AS (
    SELECT sku_id, level_id, sum(units)::int AS units FROM moved GROUP BY sku_id, level_id HAVING sum(units) <> 0
), landed AS (
    SELECT lot_id, sum(unit_amount) AS amount FROM stock_lotcost WHERE at < %(until)s GROUP BY lot_id
)
INSERT INTO stock_closing (id, sku_id, level_id, month, units, value)
SELECT overlay(%(base)s::text PLACING lpad(to_hex(row_number() OVER ()), 8, '0') FROM 29)::uuid, s.sku_id, s.level_id,
       %(month)s, s.units, s.units * (o.unit_cost + coalesce(c.amount, 0))
  FROM stood s JOIN stock_level l ON l.id = s.level_id
  JOIN stock_lot o ON o.id = l.lot_id
  LEFT JOIN landed c ON c.lot_id = o.id
 WHERE l.owner_id = '00000000-0000-0000-0000-000000000000'
