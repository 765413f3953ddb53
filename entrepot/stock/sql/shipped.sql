-- The shipped claims of some lines of an order with the levels they left, locked in key order; the rows are the newest.
-- Parameters: reference, sku_ids, line_ids, lock_timeout.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
)
SELECT c.id, c.sku_id, c.line_id, c.quantity - c.returned AS "left", l.warehouse_id, l.lot_id, l.owner_id, l.customs_state,
       l.stopped
  FROM patience, stock_claim c JOIN stock_level l ON l.sku_id = c.sku_id AND l.id = c.level_id
 WHERE c.sku_id = ANY(%(sku_ids)s::uuid[]) AND c.reference = %(reference)s AND c.line_id = ANY(%(line_ids)s::uuid[])
   AND c.state = 'shipped'
 ORDER BY c.sku_id, c.id
   FOR UPDATE OF c
