-- How many differences of the latest comparison of each day nobody has closed.
SELECT count(*)
  FROM (SELECT DISTINCT ON (provider, day) id FROM payments_statement ORDER BY provider, day DESC, at DESC) l
  JOIN payments_difference d ON d.statement_id = l.id
 WHERE d.closed_at IS NULL
