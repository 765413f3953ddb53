-- Correct one level by `change` units; the level is locked by lock_levels.sql before. Parameters: id, level_id, sku_id,
-- change, reference, at. One row, or none where there is no such level; `refused` when claimed units would be missing,
-- `crossed` when its free units came to or left 0.
WITH level AS (
    SELECT l.id, l.sku_id, l.on_hand - l.claimed AS free
      FROM stock_level l WHERE l.sku_id = %(sku_id)s AND l.id = %(level_id)s
), todo AS MATERIALIZED (
    SELECT k.* FROM level k
     WHERE NOT EXISTS (SELECT 1 FROM stock_movement m WHERE m.sku_id = k.sku_id AND m.level_id = k.id
                          AND m.reference = %(reference)s AND m.kind IN ('receive', 'adjust'))
), changed AS (
    UPDATE stock_level l SET on_hand = l.on_hand + %(change)s
      FROM todo t WHERE l.sku_id = t.sku_id AND l.id = t.id AND t.free + %(change)s >= 0
), told AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT %(id)s, sku_id, id, 'adjust', %(change)s, 0, %(reference)s, %(at)s FROM todo WHERE free + %(change)s >= 0
)
SELECT k.free, t.id IS NOT NULL AND t.free + %(change)s < 0 AS refused,
       t.id IS NOT NULL AND (t.free = 0 OR t.free + %(change)s = 0) AS crossed
  FROM level k LEFT JOIN todo t USING (id)
