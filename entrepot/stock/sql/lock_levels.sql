-- Lock every level of these articles in these warehouses in key order; a statement of its own, so that the next one sees
-- what others wrote before it had the locks. Parameters: sku_ids, warehouse_ids, lock_timeout.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
)
SELECT l.id
  FROM patience, stock_level l
 WHERE l.sku_id = ANY(%(sku_ids)s::uuid[]) AND l.warehouse_id = ANY(%(warehouse_ids)s::uuid[])
 ORDER BY l.sku_id, l.id
   FOR UPDATE OF l
