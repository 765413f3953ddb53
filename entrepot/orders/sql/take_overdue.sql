-- Take orders whose time to pay is over, each once, the longest waiting first. Parameters: before, at, batch.
UPDATE orders_order o SET overdue_at = %(at)s
  FROM (SELECT id, buyer_id FROM orders_order
         WHERE state = 'placed' AND overdue_at IS NULL AND pay_until < %(before)s
         ORDER BY pay_until LIMIT %(batch)s FOR UPDATE SKIP LOCKED) due
 WHERE o.buyer_id = due.buyer_id AND o.id = due.id
RETURNING o.id, o.buyer_id
