-- Payments of its orders, each with what counts of its order (`mine`) and the order's sum. Parameters as in
-- programme_lines.sql.
WITH
-- include procurement/programme_lines
, part AS (
    SELECT order_id, currency, whole, sum(minor)::bigint AS mine FROM counting GROUP BY order_id, currency, whole
)
SELECT p.paid_on AS day, t.currency, p.rate, p.amount_minor AS minor, t.mine, t.whole
  FROM part t JOIN procurement_payment p ON p.order_id = t.order_id
 WHERE p.paid_on < %(ends_on)s::date
 ORDER BY p.paid_on, p.id
