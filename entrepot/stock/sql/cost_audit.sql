-- What the costs of lots say beside their sum, and the newest closing beside the whole ledger. Parameters: month, until (when
-- it began); NULL for none.
WITH entries AS (
    SELECT sku_id, lot_id, sum(unit_amount) AS amount FROM stock_lotcost GROUP BY sku_id, lot_id
), ledger AS (
    SELECT m.sku_id, m.level_id, sum(m.on_hand) AS units FROM stock_movement m WHERE m.at < %(until)s GROUP BY 1, 2
), landed AS (
    SELECT lot_id, sum(unit_amount) AS amount FROM stock_lotcost WHERE at < %(until)s GROUP BY lot_id
), due AS (
    SELECT g.sku_id, g.level_id, g.units, g.units * (o.unit_cost + coalesce(c.amount, 0)) AS value
      FROM ledger g JOIN stock_level l ON l.id = g.level_id
      JOIN stock_lot o ON o.id = l.lot_id
      LEFT JOIN landed c ON c.lot_id = o.id
     WHERE g.units <> 0 AND l.owner_id = '00000000-0000-0000-0000-000000000000'
)
SELECT 'landed' AS rule, sku_id, lot_id AS where_, coalesce(e.amount, 0) AS expected, coalesce(l.unit_amount, 0) AS found
  FROM entries e FULL JOIN stock_lotlanded l USING (sku_id, lot_id)
 WHERE coalesce(e.amount, 0) <> coalesce(l.unit_amount, 0)
UNION ALL
SELECT 'closing', sku_id, level_id, coalesce(d.value, 0), coalesce(k.value, 0)
  FROM due d FULL JOIN (SELECT * FROM stock_closing WHERE month = %(month)s) k USING (sku_id, level_id)
 WHERE %(month)s::date IS NOT NULL
   AND (coalesce(d.units, 0) <> coalesce(k.units, 0) OR round(coalesce(d.value, 0) - coalesce(k.value, 0), 6) <> 0)
 ORDER BY 1, 2, 3
