-- Make the levels that do not exist yet, so that the next statement can lock them; a lot that was stopped is so everywhere.
-- Parameters as in receive.sql.
INSERT INTO stock_level (id, sku_id, warehouse_id, lot_id, owner_id, customs_state, on_hand, claimed, stopped)
SELECT id, sku_id, warehouse_id, lot_id, owner_id, state, 0, 0,
       EXISTS (SELECT 1 FROM stock_level s WHERE s.sku_id = n.sku_id AND s.lot_id = n.lot_id AND s.stopped)
  FROM unnest(%(level_ids)s::uuid[], %(sku_ids)s::uuid[], %(warehouse_ids)s::uuid[], %(lot_ids)s::uuid[],
              %(owner_ids)s::uuid[], %(states)s::text[]) AS n(id, sku_id, warehouse_id, lot_id, owner_id, state)
 ORDER BY sku_id, warehouse_id, lot_id, owner_id, state
    ON CONFLICT (sku_id, warehouse_id, lot_id, owner_id, customs_state) DO NOTHING
