-- Units leave for good: only where they are free, and quarantined or expired on the day. The levels are locked by
-- lock_levels.sql before. Parameters: movement_ids, level_ids, sku_ids, quantities, warehouse_id, reference, at, day. Rows:
-- one per level that gave them up, with its item record.
WITH line AS (
    SELECT * FROM unnest(%(movement_ids)s::uuid[], %(level_ids)s::uuid[], %(sku_ids)s::uuid[], %(quantities)s::int[])
        AS n(id, level_id, sku_id, quantity)
), lowered AS (
    UPDATE stock_level l SET on_hand = l.on_hand - n.quantity
      FROM line n, stock_lot o
     WHERE l.sku_id = n.sku_id AND l.id = n.level_id AND l.warehouse_id = %(warehouse_id)s
       AND o.sku_id = l.sku_id AND o.id = l.lot_id AND l.on_hand - l.claimed >= n.quantity
       AND (l.customs_state = 'quarantined' OR o.expires_on <= %(day)s)
    RETURNING n.id, l.sku_id, l.id AS level_id, n.quantity, o.item_record
), told AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT id, sku_id, level_id, 'dispose', -quantity, 0, %(reference)s, %(at)s FROM lowered
)
SELECT sku_id, item_record, quantity FROM lowered
