-- A refund that was pending is done or refused; the payment's counters and state follow. What was said is kept.
-- Parameters: buyer_id, payment_id, refund_id, event_id, state, provider_refund, done_at, refusal, ask_at, raw_*, now.
-- One row if this call ended it (or noted that it is still pending), none if it had ended before.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), ended AS (
    UPDATE payments_refund r
       SET state = %(state)s, provider_refund = coalesce(%(provider_refund)s, r.provider_refund), done_at = %(done_at)s,
           refusal = %(refusal)s, ask_at = %(ask_at)s
      FROM patience
     WHERE r.buyer_id = %(buyer_id)s AND r.payment_id = %(payment_id)s AND r.id = %(refund_id)s AND r.state = 'pending'
       AND (%(amount_minor)s::bigint IS NULL OR r.amount_minor = %(amount_minor)s)
    RETURNING r.*
), moved AS (
    UPDATE payments_payment p
       SET refunding_minor = p.refunding_minor - e.amount_minor,
           refunded_minor = p.refunded_minor + CASE WHEN e.state = 'done' THEN e.amount_minor ELSE 0 END,
           state = CASE WHEN p.refunding_minor - e.amount_minor > 0 THEN 'refund_pending'
                        WHEN e.state = 'done' AND p.refunded_minor + e.amount_minor = p.amount_minor THEN 'refunded'
                        ELSE 'captured' END,
           changed_at = %(now)s
      FROM ended e
     WHERE e.state <> 'pending' AND p.buyer_id = e.buyer_id AND p.id = e.payment_id
), told AS (
    INSERT INTO payments_transactionevent (id, buyer_id, payment_id, action, outcome, amount_minor, key, provider_number,
                                           told_by, at, known_at)
    SELECT %(event_id)s, e.buyer_id, e.payment_id, 'refund',
           CASE WHEN e.state = 'done' THEN 'succeeded' ELSE 'failed' END, e.amount_minor, e.id::text, e.provider_refund,
           %(raw_kind)s, coalesce(e.done_at, %(now)s), %(now)s
      FROM ended e WHERE e.state <> 'pending'
), kept AS (
    INSERT INTO payments_rawexchange (id, buyer_id, payment_id, kind, status, request_sealed, response_sealed, digest, at)
    SELECT %(raw_id)s, p.buyer_id, p.id, %(raw_kind)s, %(raw_status)s, %(raw_request)s::bytea, %(raw_response)s::bytea,
           %(raw_digest)s, %(now)s
      FROM payments_payment p WHERE p.buyer_id = %(buyer_id)s AND p.id = %(payment_id)s
    ON CONFLICT (buyer_id, payment_id, digest) DO NOTHING
)
SELECT * FROM ended
