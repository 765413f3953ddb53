-- Move one payment by what its provider says: the only statement that changes a payment's state besides refunds.
-- It moves from the states named, for exactly the amount, currency and shares that were intended; its events are written
-- with it (those marked `if_asked` only where that was asked for and has not succeeded). What was said is kept whether it
-- moved or not (`keep_always`). Parameters: buyer_id, payment_id, from_states, state, numbers/amounts/transactions (the
-- shares as told), event_ids/actions/outcomes/if_asked, told_at, what the provider says, raw_*, now, lock_timeout.
-- One row if this call moved it, none otherwise.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), told AS (
    SELECT * FROM unnest(%(numbers)s::text[], %(amounts)s::bigint[], %(transactions)s::text[])
        AS t(number, amount_minor, transaction)
), moved AS (
    UPDATE payments_payment p
       SET state = %(state)s::text,
           provider_payment = coalesce(nullif(%(provider_payment)s, ''), p.provider_payment),
           company_code = %(company_code)s,
           company_name = %(company_name)s,
           payer_check = %(payer_check)s,
           verifying_department = %(verifying_department)s,
           verifying_transaction = %(verifying_transaction)s,
           captured_at = %(captured_at)s,
           ask_at = CASE %(state)s::text WHEN 'open' THEN p.ask_at WHEN 'authorised' THEN %(now)s END,
           changed_at = %(now)s
      FROM patience
     WHERE p.buyer_id = %(buyer_id)s AND p.id = %(payment_id)s AND p.state = ANY(%(from_states)s::text[])
       AND p.amount_minor = %(amount_minor)s AND p.currency = %(currency)s
       AND NOT EXISTS (SELECT 1 FROM payments_split s
                         LEFT JOIN told t ON t.number = s.number AND t.amount_minor = s.amount_minor
                        WHERE s.buyer_id = %(buyer_id)s AND s.payment_id = %(payment_id)s AND t.number IS NULL)
    RETURNING p.*
), shares AS (
    UPDATE payments_split s SET transaction = t.transaction
      FROM told t, moved m
     WHERE s.buyer_id = m.buyer_id AND s.payment_id = m.id AND s.number = t.number
    RETURNING s.*
), events AS (
    INSERT INTO payments_transactionevent (id, buyer_id, payment_id, action, outcome, amount_minor, key, provider_number,
                                           told_by, at, known_at)
    SELECT e.id, m.buyer_id, m.id, e.action, e.outcome, m.amount_minor, m.id::text,
           CASE WHEN e.outcome = 'succeeded' THEN m.provider_payment END,
           %(raw_kind)s::text, CASE WHEN e.outcome = 'succeeded' THEN %(told_at)s ELSE %(now)s END, %(now)s
      FROM moved m, unnest(%(event_ids)s::uuid[], %(actions)s::text[], %(outcomes)s::text[], %(if_asked)s::boolean[])
        AS e(id, action, outcome, if_asked)
     WHERE NOT e.if_asked OR (SELECT bool_and(b.outcome = 'pending') FROM payments_transactionevent b
                               WHERE b.buyer_id = m.buyer_id AND b.payment_id = m.id AND b.action = e.action)
    ON CONFLICT (buyer_id, payment_id, action, key, outcome) DO NOTHING
), kept AS (
    INSERT INTO payments_rawexchange (id, buyer_id, payment_id, kind, status, request_sealed, response_sealed, digest, at)
    SELECT %(raw_id)s, p.buyer_id, p.id, %(raw_kind)s::text, %(raw_status)s, %(raw_request)s::bytea, %(raw_response)s::bytea,
           %(raw_digest)s, %(now)s
      FROM payments_payment p
     WHERE p.buyer_id = %(buyer_id)s AND p.id = %(payment_id)s
       AND (%(keep_always)s OR EXISTS (SELECT 1 FROM moved))
    ON CONFLICT (buyer_id, payment_id, digest) DO NOTHING
)
SELECT
-- include payments/columns
       , (SELECT jsonb_agg(jsonb_build_object('parcel_id', s.parcel_id, 'number', s.number,
                                                 'amount_minor', s.amount_minor, 'transaction', s.transaction)
                              ORDER BY s.position) FROM shares s) AS splits
  FROM moved m
