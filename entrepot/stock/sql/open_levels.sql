-- Make the levels that do not exist yet, so that the next statement can lock them. Parameters as in receive.sql.
INSERT INTO stock_level (id, sku_id, warehouse_id, lot_id, owner_id, customs_state, on_hand, claimed)
SELECT id, sku_id, warehouse_id, lot_id, owner_id, state, 0, 0
  FROM unnest(%(level_ids)s::uuid[], %(sku_ids)s::uuid[], %(warehouse_ids)s::uuid[], %(lot_ids)s::uuid[],
              %(owner_ids)s::uuid[], %(states)s::text[]) AS n(id, sku_id, warehouse_id, lot_id, owner_id, state)
 ORDER BY sku_id, warehouse_id, lot_id, owner_id, state
    ON CONFLICT (sku_id, warehouse_id, lot_id, owner_id, customs_state) DO NOTHING
