-- Nothing of these lots may be claimed or leave any more. Their levels are locked by lock_levels.sql before, in key order.
-- Parameters: sku_ids, lot_ids.
UPDATE stock_level SET stopped = true
 WHERE sku_id = ANY(%(sku_ids)s::uuid[]) AND lot_id = ANY(%(lot_ids)s::uuid[]) AND NOT stopped
