-- How many differences of the latest comparison of each day nobody has closed, and how many refunds wait for somebody.
-- Parameters: those of payments/late.
WITH
-- include payments/late
SELECT (SELECT count(*)
          FROM (SELECT DISTINCT ON (provider, day) id FROM payments_statement ORDER BY provider, day DESC, at DESC) l
          JOIN payments_difference d ON d.statement_id = l.id
         WHERE d.closed_at IS NULL)::int AS differences,
       (SELECT count(*) FROM late)::int AS refunds
