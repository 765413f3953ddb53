-- Forget prices that never came into force. Parameters: ids, sku_ids.
DELETE FROM pricing_price WHERE sku_id = ANY(%(sku_ids)s::uuid[]) AND id = ANY(%(ids)s::uuid[])
