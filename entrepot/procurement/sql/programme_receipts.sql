-- What came of it, by day, with its value in yuan as it was when it came. Parameters as in programme_lines.sql.
WITH
-- include procurement/programme_lines
SELECT r.received_on AS day, c.currency, c.rate, sum(r.amount_minor)::bigint AS minor,
       sum(r.value_minor)::bigint AS value, count(*)::int AS facts
  FROM counting c JOIN procurement_receipt r ON r.line_id = c.line_id
 WHERE r.received_on < %(ends_on)s::date
 GROUP BY r.received_on, c.currency, c.rate
 ORDER BY 1, 2, 3
