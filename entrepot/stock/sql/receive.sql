-- Book units in (kind: receive, or return); the levels are locked by lock_levels.sql before. Parameters: movement_ids,
-- sku_ids, warehouse_ids, lot_ids, owner_ids, states, quantities, kind, reference, at, day. Rows: one per line; `known` = the units this reference booked in before (then nothing is written), `fresh` = the
-- warehouse had no free unit of the SKU before.
WITH line AS (
    SELECT * FROM unnest(%(movement_ids)s::uuid[], %(sku_ids)s::uuid[], %(warehouse_ids)s::uuid[], %(lot_ids)s::uuid[],
                         %(owner_ids)s::uuid[], %(states)s::text[], %(quantities)s::int[])
        AS n(id, sku_id, warehouse_id, lot_id, owner_id, state, quantity)
), level AS (
    SELECT l.id, l.sku_id, l.warehouse_id, l.lot_id, l.owner_id, l.customs_state, l.stopped, l.on_hand - l.claimed AS free
      FROM stock_level l
     WHERE l.sku_id = ANY(%(sku_ids)s::uuid[])
       AND EXISTS (SELECT 1 FROM line n WHERE n.sku_id = l.sku_id AND n.warehouse_id = l.warehouse_id)
), target AS MATERIALIZED (
    SELECT n.id, n.sku_id, n.warehouse_id, n.quantity, k.id AS level_id,
           (SELECT m.on_hand FROM stock_movement m WHERE m.sku_id = n.sku_id AND m.level_id = k.id
               AND m.reference = %(reference)s AND m.kind IN ('receive', 'adjust', 'return')) AS known
      FROM line n JOIN level k ON k.sku_id = n.sku_id AND k.warehouse_id = n.warehouse_id AND k.lot_id = n.lot_id
                               AND k.owner_id = n.owner_id AND k.customs_state = n.state
), raised AS (
    UPDATE stock_level l SET on_hand = l.on_hand + t.quantity
      FROM target t WHERE t.known IS NULL AND l.sku_id = t.sku_id AND l.id = t.level_id
), told AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT id, sku_id, level_id, %(kind)s, quantity, 0, %(reference)s, %(at)s FROM target WHERE known IS NULL
), supply AS MATERIALIZED ( -- once: a planner that takes the tables for empty would reckon it anew for every line
    SELECT k.sku_id, k.warehouse_id, sum(k.free) AS free
      FROM level k JOIN stock_lot o ON o.sku_id = k.sku_id AND o.id = k.lot_id
     WHERE k.owner_id = '00000000-0000-0000-0000-000000000000'
       AND k.customs_state IN ('bonded', 'released', 'duty_paid') AND NOT k.stopped
       AND (o.expires_on IS NULL OR o.expires_on > %(day)s)
     GROUP BY k.sku_id, k.warehouse_id
)
SELECT t.sku_id, t.quantity, t.known, coalesce(s.free, 0) = 0 AS fresh
  FROM target t LEFT JOIN supply s USING (sku_id, warehouse_id)
