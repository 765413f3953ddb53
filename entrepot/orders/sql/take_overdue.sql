-- Take orders whose time to pay is over, each once, the longest waiting first. Two that look at the same moment find the
-- same rows; the second's update sees overdue_at set and leaves them. Parameters: before, at, batch.
UPDATE orders_order o SET overdue_at = %(at)s
  FROM (SELECT id, buyer_id FROM orders_order
         WHERE state = 'placed' AND overdue_at IS NULL AND pay_until < %(before)s
         ORDER BY pay_until LIMIT %(batch)s) due
 WHERE o.buyer_id = due.buyer_id AND o.id = due.id AND o.state = 'placed' AND o.overdue_at IS NULL
RETURNING o.id, o.buyer_id
