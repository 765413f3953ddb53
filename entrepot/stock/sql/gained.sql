-- What became more or less of our goods from one beginning of a day in China to another, as `gained`: day, warehouse,
-- currency, units, value. A movement counts at what a unit cost when the day began from which all is summed (what it costs
-- now less what was laid on its lot since), and with what was laid in between, from the later of both days on; what was
-- laid on a lot counts for the units that stood before, too (what stands now less what moved since). Part of a WITH.
-- Parameters: since, until. Joined by ids alone: with the articles named too a planner would take a million rows for few,
-- but where none can be lost.
moved AS MATERIALIZED (
    SELECT l.warehouse_id, l.sku_id, l.lot_id, o.currency, o.unit_cost, m.day, m.units
      FROM (SELECT level_id, (at AT TIME ZONE 'Asia/Shanghai')::date AS day, sum(on_hand) AS units FROM stock_movement
             WHERE at >= %(since)s AND at < %(until)s AND on_hand <> 0
             GROUP BY 1, 2) m
      JOIN stock_level l ON l.id = m.level_id JOIN stock_lot o ON o.id = l.lot_id
     WHERE l.owner_id = '00000000-0000-0000-0000-000000000000'
), laid AS MATERIALIZED (
    SELECT lot_id, (at AT TIME ZONE 'Asia/Shanghai')::date AS day, sum(unit_amount) AS amount FROM stock_lotcost
     WHERE at >= %(since)s AND at < %(until)s
     GROUP BY 1, 2 HAVING sum(unit_amount) <> 0
), laid_since AS (
    SELECT lot_id, sum(unit_amount) AS amount FROM stock_lotcost WHERE at >= %(since)s GROUP BY lot_id
), moved_since AS (
    SELECT level_id, sum(on_hand) AS units FROM stock_movement WHERE at >= %(since)s AND on_hand <> 0 GROUP BY level_id
), gained AS (
    SELECT m.day, m.warehouse_id, m.currency, m.units,
           m.units * (m.unit_cost + coalesce(c.unit_amount, 0) - coalesce(s.amount, 0)) AS value
      FROM moved m LEFT JOIN stock_lotlanded c ON c.sku_id = m.sku_id AND c.lot_id = m.lot_id
      LEFT JOIN laid_since s ON s.lot_id = m.lot_id
    UNION ALL
    SELECT greatest(m.day, e.day), m.warehouse_id, m.currency, 0, m.units * e.amount
      FROM moved m JOIN laid e ON e.lot_id = m.lot_id
    UNION ALL
    SELECT e.day, l.warehouse_id, o.currency, 0, (l.on_hand - coalesce(s.units, 0)) * e.amount
      FROM laid e JOIN stock_lot o ON o.id = e.lot_id JOIN stock_level l ON l.lot_id = e.lot_id
      LEFT JOIN moved_since s ON s.level_id = l.id
     WHERE l.owner_id = '00000000-0000-0000-0000-000000000000'
)
