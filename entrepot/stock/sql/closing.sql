-- How open claims are closed (close.sql), after `patience`. Nothing leaves while one of the lots is stopped or has expired.
mine AS MATERIALIZED (
    SELECT c.id, c.sku_id, c.level_id, c.line_id, c.quantity
      FROM patience, stock_claim c
     WHERE c.sku_id = ANY(%(sku_ids)s::uuid[]) AND c.reference = %(reference)s AND c.state = 'open'
       AND (%(line_ids)s::uuid[] IS NULL OR c.line_id = ANY(%(line_ids)s::uuid[]))
     ORDER BY c.sku_id, c.id
       FOR UPDATE OF c
), locked AS MATERIALIZED (  -- every level of these articles in these warehouses, so that `fresh` is exact
    SELECT l.id, l.sku_id, l.warehouse_id, l.owner_id, l.customs_state, l.stopped, l.on_hand - l.claimed AS free,
           o.expires_on, coalesce(o.expires_on <= %(today)s::date, false) AS expired
      FROM stock_level l JOIN stock_lot o ON o.sku_id = l.sku_id AND o.id = l.lot_id
     WHERE l.sku_id = ANY(%(sku_ids)s::uuid[])
       AND EXISTS (SELECT 1 FROM mine m JOIN stock_level a ON a.sku_id = m.sku_id AND a.id = m.level_id
                    WHERE a.sku_id = l.sku_id AND a.warehouse_id = l.warehouse_id)
     ORDER BY l.sku_id, l.id
       FOR UPDATE OF l
), stop AS MATERIALIZED (  -- as the locked rows say: whoever stopped the lot while we waited is heard
    SELECT 1 FROM mine m JOIN locked k ON k.sku_id = m.sku_id AND k.id = m.level_id
     WHERE (k.stopped OR k.expired) AND %(leaving)s = 1
), going AS MATERIALIZED (
    SELECT m.* FROM mine m WHERE NOT EXISTS (SELECT 1 FROM stop)
), closed AS (
    UPDATE stock_claim c SET state = %(state)s, closed_at = %(at)s
      FROM going m WHERE c.sku_id = m.sku_id AND c.id = m.id
), lowered AS (
    UPDATE stock_level l
       SET claimed = l.claimed - m.quantity, on_hand = l.on_hand - m.quantity * %(leaving)s
      FROM (SELECT sku_id, level_id, sum(quantity)::int AS quantity FROM going GROUP BY sku_id, level_id) m
           JOIN locked k ON k.sku_id = m.sku_id AND k.id = m.level_id
     WHERE l.sku_id = m.sku_id AND l.id = m.level_id
), told AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT overlay(%(base)s::text PLACING lpad(to_hex(row_number() OVER (ORDER BY id)), 4, '0') FROM 33)::uuid,
           sku_id, level_id, %(kind)s, -quantity * %(leaving)s, -quantity, %(reference)s::text, %(at)s
      FROM going
), supply AS (
    SELECT k.sku_id, k.warehouse_id, sum(k.free) AS free
      FROM locked k
     WHERE k.owner_id = '00000000-0000-0000-0000-000000000000'
       AND k.customs_state IN ('bonded', 'released', 'duty_paid') AND NOT k.stopped
       AND (k.expires_on IS NULL OR k.expires_on > %(day)s)
     GROUP BY k.sku_id, k.warehouse_id
)
