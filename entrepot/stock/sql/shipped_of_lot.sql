-- Claims that shipped units of one lot, in the order of their key, after (reference, line_id, part): a page of a large
-- lot. The second condition is the one of the index `claim_once`. Parameters: sku_id, lot_id, reference, line_id, part,
-- most.
SELECT c.id AS claim_id, c.sku_id, l.lot_id, c.buyer_id, c.reference AS order_id, c.line_id, c.part, c.quantity,
       c.returned, c.state
  FROM stock_claim c JOIN stock_level l ON l.sku_id = c.sku_id AND l.id = c.level_id
 WHERE c.sku_id = %(sku_id)s AND c.state = 'shipped' AND NOT (c.state = 'released') AND l.lot_id = %(lot_id)s
   AND (c.reference, c.line_id, c.part) > (%(reference)s::uuid, %(line_id)s::uuid, %(part)s::int)
 ORDER BY c.reference, c.line_id, c.part
 LIMIT %(most)s
