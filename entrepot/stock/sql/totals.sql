-- What our goods were worth at a moment, by warehouse and currency: the sums of the closing before; what moved since at what
-- a unit costs now, less what was laid on its lot after the moment; and what was laid on lots between, for the units that
-- the closing had. All of it are plain sums of rows: nothing is summed up by lot. Parameters: before (that closing's month,
-- NULL for none), since (when it was), until (the moment). Joined by ids alone: with the articles named too a planner would
-- take the rows for few and hash the million.
WITH stood AS MATERIALIZED (
    SELECT l.warehouse_id, o.id AS lot_id, o.currency, m.units, o.unit_cost + coalesce(c.unit_amount, 0) AS unit_cost
      FROM (SELECT m.level_id, sum(m.on_hand) AS units FROM stock_movement m
             WHERE m.at >= %(since)s AND m.at < %(until)s AND m.on_hand <> 0
             GROUP BY m.level_id) m
      JOIN stock_level l ON l.id = m.level_id
      JOIN stock_lot o ON o.id = l.lot_id
      LEFT JOIN stock_lotlanded c ON c.lot_id = o.id
     WHERE l.owner_id = '00000000-0000-0000-0000-000000000000'
), laid AS (
    SELECT sku_id, lot_id, sum(unit_amount) AS amount FROM stock_lotcost
     WHERE at >= %(since)s AND at < %(until)s
     GROUP BY sku_id, lot_id HAVING sum(unit_amount) <> 0
), gained AS (
    SELECT warehouse_id, currency, sum(units) AS units, sum(units * unit_cost) AS value
      FROM stood GROUP BY warehouse_id, currency
    UNION ALL
    SELECT s.warehouse_id, s.currency, 0, -sum(s.units * e.unit_amount)
      FROM stock_lotcost e JOIN stood s ON s.lot_id = e.lot_id
     WHERE e.at >= %(until)s GROUP BY s.warehouse_id, s.currency
    UNION ALL
    SELECT l.warehouse_id, o.currency, 0, sum(k.units * e.amount)
      FROM laid e JOIN stock_lot o ON o.sku_id = e.sku_id AND o.id = e.lot_id
      JOIN stock_level l ON l.sku_id = e.sku_id AND l.lot_id = e.lot_id
      JOIN stock_closing k ON k.sku_id = l.sku_id AND k.level_id = l.id AND k.month = %(before)s
     GROUP BY l.warehouse_id, o.currency
)
SELECT warehouse_id, currency, sum(units)::bigint AS units, sum(value) AS value
  FROM (SELECT warehouse_id, currency, units, value FROM stock_closingsum WHERE month = %(before)s
        UNION ALL
        SELECT warehouse_id, currency, units, value FROM gained) s
 GROUP BY warehouse_id, currency HAVING sum(units) <> 0 OR round(sum(value), 6) <> 0
 ORDER BY warehouse_id, currency
