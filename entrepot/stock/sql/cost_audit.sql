-- What the costs of lots say beside their sum, and the newest closing beside the whole ledger. Parameters: day (NULL for
-- none), until (when it ended).
WITH entries AS (
    SELECT sku_id, lot_id, sum(unit_amount) AS amount FROM stock_lotcost GROUP BY sku_id, lot_id
), ledger AS (
    SELECT m.level_id, sum(m.on_hand) AS units FROM stock_movement m WHERE m.at < %(until)s GROUP BY m.level_id
), landed AS (
    SELECT lot_id, sum(unit_amount) AS amount FROM stock_lotcost WHERE at < %(until)s GROUP BY lot_id
), due AS (
    SELECT l.warehouse_id, o.currency, sum(g.units) AS units, sum(g.units * (o.unit_cost + coalesce(c.amount, 0))) AS value
      FROM ledger g JOIN stock_level l ON l.id = g.level_id
      JOIN stock_lot o ON o.id = l.lot_id
      LEFT JOIN landed c ON c.lot_id = o.id
     WHERE g.units <> 0 AND l.owner_id = '00000000-0000-0000-0000-000000000000'
     GROUP BY l.warehouse_id, o.currency
)
SELECT 'landed' AS rule, sku_id::text, lot_id::text AS where_, coalesce(e.amount, 0) AS expected, coalesce(l.unit_amount, 0) AS found
  FROM entries e FULL JOIN stock_lotlanded l USING (sku_id, lot_id)
 WHERE coalesce(e.amount, 0) <> coalesce(l.unit_amount, 0)
UNION ALL
SELECT 'closing', '', concat(%(day)s::date, ' ', warehouse_id, ' ', currency), coalesce(d.value, 0), coalesce(k.value, 0)
  FROM due d FULL JOIN (SELECT * FROM stock_closing WHERE day = %(day)s) k USING (warehouse_id, currency)
 WHERE %(day)s::date IS NOT NULL
   AND (coalesce(d.units, 0) <> coalesce(k.units, 0) OR coalesce(d.value, 0) <> coalesce(k.value, 0))
 ORDER BY 1, 2, 3
