-- How many differences of the latest comparison of each day nobody has closed, and how many refunds that were asked for
-- before a moment are not done. Parameters: before.
SELECT (SELECT count(*)
          FROM (SELECT DISTINCT ON (provider, day) id FROM payments_statement ORDER BY provider, day DESC, at DESC) l
          JOIN payments_difference d ON d.statement_id = l.id
         WHERE d.closed_at IS NULL)::int AS differences,
       (SELECT count(*) FROM payments_refund WHERE ask_at IS NOT NULL AND requested_at < %(before)s)::int AS refunds
