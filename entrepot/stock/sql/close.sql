-- Close the open claims of one order: give the units back (kind release) or let them leave (kind ship). Claims first,
-- then levels in key order. Parameters: reference, sku_ids, line_ids (NULL = every line), kind, state, leaving (1 when
-- units leave, 0 when they stay), base (fresh UUID, numbered in its last four hex digits), at, day, lock_timeout.
-- Rows: one per claim closed; `fresh` when its warehouse had no free unit of the SKU before.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), mine AS MATERIALIZED (
    SELECT c.id, c.sku_id, c.level_id, c.line_id, c.quantity
      FROM patience, stock_claim c
     WHERE c.sku_id = ANY(%(sku_ids)s::uuid[]) AND c.reference = %(reference)s AND c.state = 'open'
       AND (%(line_ids)s::uuid[] IS NULL OR c.line_id = ANY(%(line_ids)s::uuid[]))
     ORDER BY c.sku_id, c.id
       FOR UPDATE OF c
), locked AS MATERIALIZED (  -- every level of these articles in these warehouses, so that `fresh` is exact
    SELECT l.id, l.sku_id, l.warehouse_id, l.lot_id, l.customs_state, l.on_hand - l.claimed AS free
      FROM stock_level l
     WHERE l.sku_id = ANY(%(sku_ids)s::uuid[])
       AND EXISTS (SELECT 1 FROM mine m JOIN stock_level a ON a.sku_id = m.sku_id AND a.id = m.level_id
                    WHERE a.sku_id = l.sku_id AND a.warehouse_id = l.warehouse_id)
     ORDER BY l.sku_id, l.id
       FOR UPDATE OF l
), closed AS (
    UPDATE stock_claim c SET state = %(state)s, closed_at = %(at)s
      FROM mine m WHERE c.sku_id = m.sku_id AND c.id = m.id
), lowered AS (
    UPDATE stock_level l
       SET claimed = l.claimed - m.quantity, on_hand = l.on_hand - m.quantity * %(leaving)s
      FROM (SELECT sku_id, level_id, sum(quantity)::int AS quantity FROM mine GROUP BY sku_id, level_id) m
           JOIN locked k ON k.sku_id = m.sku_id AND k.id = m.level_id
     WHERE l.sku_id = m.sku_id AND l.id = m.level_id
), told AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT overlay(%(base)s::text PLACING lpad(to_hex(row_number() OVER (ORDER BY id)), 4, '0') FROM 33)::uuid,
           sku_id, level_id, %(kind)s, -quantity * %(leaving)s, -quantity, %(reference)s::text, %(at)s
      FROM mine
), supply AS (
    SELECT k.sku_id, k.warehouse_id, sum(k.free) AS free
      FROM locked k JOIN stock_lot o ON o.sku_id = k.sku_id AND o.id = k.lot_id
     WHERE k.customs_state IN ('bonded', 'released', 'duty_paid')
       AND (o.expires_on IS NULL OR o.expires_on > %(day)s)
     GROUP BY k.sku_id, k.warehouse_id
)
SELECT m.id AS claim_id, m.line_id, m.sku_id, k.warehouse_id, m.quantity, coalesce(f.free, 0) = 0 AS fresh
  FROM mine m JOIN locked k ON k.sku_id = m.sku_id AND k.id = m.level_id
  LEFT JOIN supply f ON f.sku_id = k.sku_id AND f.warehouse_id = k.warehouse_id
