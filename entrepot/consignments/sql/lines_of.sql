-- What was announced of some articles. Parameters: consignment_id, sku_ids.
SELECT id, number, order_line_id, sku_id, units, received, lot, produced_on, expires_on, origin
  FROM consignments_line
 WHERE consignment_id = %(consignment_id)s AND sku_id = ANY(%(sku_ids)s::uuid[])
 ORDER BY number
