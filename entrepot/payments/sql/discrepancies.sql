-- Payments whose state or counters do not follow from their events.
WITH told AS (
    SELECT e.buyer_id, e.payment_id, e.action, e.key,
           max(e.amount_minor) AS amount_minor, min(e.amount_minor) = max(e.amount_minor) AS one_amount,
           bool_or(e.outcome = 'pending') AS asked, bool_or(e.outcome = 'succeeded') AS succeeded,
           bool_or(e.outcome = 'failed') AS failed
      FROM payments_transactionevent e GROUP BY 1, 2, 3, 4
), books AS (
    SELECT p.id, p.buyer_id, p.state, p.captured_at, p.amount_minor, p.refunded_minor, p.refunding_minor,
           coalesce(sum(t.amount_minor) FILTER (WHERE t.action = 'capture' AND t.succeeded), 0) AS captured,
           coalesce(sum(t.amount_minor) FILTER (WHERE t.action = 'refund' AND t.succeeded), 0) AS refunded,
           coalesce(sum(t.amount_minor) FILTER (WHERE t.action = 'refund' AND NOT t.succeeded AND NOT t.failed), 0) AS refunding,
           coalesce(bool_and(t.asked AND t.one_amount), true) AS whole,
           coalesce(bool_or(t.action <> 'refund' AND NOT t.succeeded AND NOT t.failed), false) AS waiting,
           coalesce(bool_or(t.action <> 'refund'), false) AS told
      FROM payments_payment p LEFT JOIN told t ON t.buyer_id = p.buyer_id AND t.payment_id = p.id
     GROUP BY 1, 2
)
SELECT 'captured' AS rule, id AS payment_id FROM books
 WHERE captured <> CASE WHEN captured_at IS NULL THEN 0 ELSE amount_minor END
UNION ALL SELECT 'refunded', id FROM books WHERE refunded <> refunded_minor
UNION ALL SELECT 'refunding', id FROM books WHERE refunding <> refunding_minor
UNION ALL SELECT 'asked', id FROM books WHERE NOT whole
UNION ALL SELECT 'state', id FROM books
 WHERE waiting AND state NOT IN ('pending', 'open', 'authorised')
    OR state = 'open' AND NOT waiting OR state = 'authorised' AND NOT told
UNION ALL SELECT 'refund', r.payment_id
  FROM payments_refund r
  LEFT JOIN told t ON t.buyer_id = r.buyer_id AND t.payment_id = r.payment_id AND t.action = 'refund' AND t.key = r.id::text
 WHERE (r.state = 'pending', r.state = 'done', r.state = 'failed', r.amount_minor)
       IS DISTINCT FROM (NOT t.succeeded AND NOT t.failed, t.succeeded, t.failed, t.amount_minor)
UNION ALL SELECT 'orphan', o.payment_id
  FROM (SELECT buyer_id, payment_id FROM payments_split UNION SELECT buyer_id, payment_id FROM payments_transactionevent) o
 WHERE NOT EXISTS (SELECT 1 FROM payments_payment p WHERE p.buyer_id = o.buyer_id AND p.id = o.payment_id)
