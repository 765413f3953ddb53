-- What is to be sold of these lots may be claimed and leave again. Their levels are locked by lock_levels.sql before, in
-- key order. Parameters: sku_ids, lot_ids.
UPDATE stock_level SET stopped = false
 WHERE sku_id = ANY(%(sku_ids)s::uuid[]) AND lot_id = ANY(%(lot_ids)s::uuid[]) AND stopped
