-- Move every free unit of these lots to the quarantined level of the same lot, owner and warehouse, but what is in transit:
-- its transfer has yet to be received. All are locked by lock_levels.sql before. What is claimed stays with its order.
-- Parameters: sku_ids, lot_ids, base (a fresh UUID whose last four hex digits become the movement's number), reference, at.
-- One row per article: units.
WITH source AS MATERIALIZED (
    SELECT l.id, l.sku_id, l.warehouse_id, l.lot_id, l.owner_id, l.on_hand - l.claimed AS free
      FROM stock_level l
     WHERE l.sku_id = ANY(%(sku_ids)s::uuid[]) AND l.lot_id = ANY(%(lot_ids)s::uuid[])
       AND l.customs_state NOT IN ('quarantined', 'in_transit') AND l.on_hand > l.claimed
), change AS MATERIALIZED (
    SELECT id, sku_id, -free AS units FROM source
    UNION ALL
    SELECT t.id, t.sku_id, sum(s.free)::int
      FROM source s JOIN stock_level t ON t.sku_id = s.sku_id AND t.warehouse_id = s.warehouse_id AND t.lot_id = s.lot_id
                                      AND t.owner_id = s.owner_id AND t.customs_state = 'quarantined'
     GROUP BY t.id, t.sku_id
), moved AS (
    UPDATE stock_level l SET on_hand = l.on_hand + c.units FROM change c WHERE l.sku_id = c.sku_id AND l.id = c.id
), told AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT overlay(%(base)s::text PLACING lpad(to_hex(row_number() OVER (ORDER BY id)), 4, '0') FROM 33)::uuid,
           sku_id, id, 'aside', units, 0, %(reference)s, %(at)s
      FROM change
)
SELECT sku_id, sum(free)::int AS units FROM source GROUP BY sku_id ORDER BY sku_id
