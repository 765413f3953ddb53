-- Change units on hand of levels, all of the lines or none; the levels are locked by lock_levels.sql before. Parameters:
-- lines (JSON array: n, id, sku_id, level_id, kind, change, reference), at, days (cached.days_of_sale). A line whose reference moved its level
-- before is `known` and moves nothing. Rows: one per line; `fits` false where claimed units would be missing (then nothing
-- is written), `free` units before, `crossed` when the free units of the SKU in the warehouse came to or left 0 for somebody who sells it.
WITH line AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(lines)s::json)
        AS n(n int, id uuid, sku_id uuid, level_id uuid, kind text, change int, reference text)
), told AS MATERIALIZED (
    SELECT n.*, EXISTS (SELECT 1 FROM stock_movement m WHERE m.sku_id = n.sku_id AND m.level_id = n.level_id
                           AND m.reference = n.reference
                           AND m.kind IN ('receive', 'adjust', 'return', 'aside', 'dispose', 'send', 'arrive', 'lost',
                                          'count', 'gone'))
           AS known
      FROM line n
), total AS MATERIALIZED (
    SELECT l.id, l.sku_id, l.warehouse_id, l.lot_id, l.owner_id, l.customs_state, l.stopped,
           l.on_hand - l.claimed AS free,
           coalesce((SELECT sum(t.change) FROM told t WHERE t.level_id = l.id AND NOT t.known), 0)::int AS change
      FROM stock_level l
     WHERE l.sku_id = ANY(ARRAY(SELECT sku_id FROM line))
       AND l.warehouse_id = ANY(ARRAY(SELECT a.warehouse_id FROM line n JOIN stock_level a
                                          ON a.sku_id = n.sku_id AND a.id = n.level_id))
), good AS (
    SELECT coalesce(bool_and(free + change >= 0), true) AS all_fit FROM total WHERE change <> 0
), changed AS (
    UPDATE stock_level l SET on_hand = l.on_hand + t.change
      FROM total t, good g WHERE g.all_fit AND t.change <> 0 AND l.sku_id = t.sku_id AND l.id = t.id
), written AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT t.id, t.sku_id, t.level_id, t.kind, t.change, 0, t.reference, %(at)s
      FROM told t, good g WHERE g.all_fit AND NOT t.known
), supply AS MATERIALIZED (  -- once, each lot by its key, also where the server believes in a table without rows
    SELECT k.sku_id, k.warehouse_id, sum(k.free) AS before, sum(k.free + k.change) AS after
      FROM total k CROSS JOIN LATERAL (
           SELECT o.expires_on FROM stock_lot o WHERE o.sku_id = k.sku_id AND o.id = k.lot_id OFFSET 0) o
           CROSS JOIN unnest(%(days)s::date[]) AS d(day)
     WHERE k.owner_id = '00000000-0000-0000-0000-000000000000'
       AND k.customs_state IN ('bonded', 'released', 'duty_paid') AND NOT k.stopped
       AND (o.expires_on IS NULL OR o.expires_on > d.day)
     GROUP BY k.sku_id, k.warehouse_id, d.day
), crossed AS (
    SELECT sku_id, warehouse_id FROM supply
     GROUP BY sku_id, warehouse_id HAVING bool_or((before = 0) <> (after = 0))
)
SELECT t.n, t.sku_id, t.known, k.free, k.free + k.change >= 0 AS fits, c.sku_id IS NOT NULL AS crossed
  FROM told t JOIN total k ON k.sku_id = t.sku_id AND k.id = t.level_id
  LEFT JOIN crossed c ON c.sku_id = k.sku_id AND c.warehouse_id = k.warehouse_id
 ORDER BY t.n
