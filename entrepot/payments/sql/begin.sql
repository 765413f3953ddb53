-- Find a payment that is about to be opened and write down first what its provider will be asked for.
-- Parameters: those of `payment`, event_id, authorise_first (providers that reserve before they take), now. Its row.
WITH found AS MATERIALIZED (
-- include payments/payment
), asked AS (
    INSERT INTO payments_transactionevent (id, buyer_id, payment_id, action, outcome, amount_minor, key, told_by, at, known_at)
    SELECT %(event_id)s, f.buyer_id, f.id,
           CASE WHEN f.provider = ANY(%(authorise_first)s::text[]) THEN 'authorise' ELSE 'capture' END,
           'pending', f.amount_minor, f.id::text, 'ask', %(now)s, %(now)s
      FROM found f
     WHERE f.state = 'pending' AND (f.pay_until IS NULL OR f.pay_until > %(now)s)
    ON CONFLICT (buyer_id, payment_id, action, key, outcome) DO NOTHING
)
SELECT
-- include payments/columns
       , splits FROM found
