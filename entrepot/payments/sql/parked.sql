-- Differences that nobody has closed, of the latest comparison of each day, with the order they belong to where it is one
-- of ours. Parameters: limit, offset.
WITH latest AS (
    SELECT DISTINCT ON (provider, day) id, provider, day FROM payments_statement ORDER BY provider, day DESC, at DESC
), open AS (
    SELECT d.*, l.provider, l.day,
           CASE WHEN d.request_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN d.request_id::uuid END AS key
      FROM latest l JOIN payments_difference d ON d.statement_id = l.id WHERE d.closed_at IS NULL
)
SELECT o.id, o.provider, o.day, o.kind, o.movement, o.request_id, o.currency, o.ours_minor, o.theirs_minor,
       p.buyer_id, p.order_id, p.order_number
  FROM open o
  LEFT JOIN payments_refund r ON r.id = o.key
  LEFT JOIN payments_payment p ON p.id = coalesce(r.payment_id, o.key)
 ORDER BY o.day DESC, o.provider, o.movement, o.request_id, o.id
 LIMIT %(limit)s OFFSET %(offset)s
