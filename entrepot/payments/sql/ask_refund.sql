-- Take an amount out of what may still be refunded, store the wish and its event. The payment's row is the guard: its
-- counters decide under its lock. Parameters: id, event_id, buyer_id, payment_id, key, amount_minor, reason, ask_at, now.
-- One row if taken.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), taken AS (
    UPDATE payments_payment p
       SET refunding_minor = p.refunding_minor + %(amount_minor)s, state = 'refund_pending', changed_at = %(now)s
      FROM patience
     WHERE p.buyer_id = %(buyer_id)s AND p.id = %(payment_id)s AND p.state IN ('captured', 'refund_pending')
       AND p.refunded_minor + p.refunding_minor + %(amount_minor)s <= p.amount_minor
       AND NOT EXISTS (SELECT 1 FROM payments_refund r
                        WHERE r.buyer_id = %(buyer_id)s AND r.payment_id = %(payment_id)s AND r.key = %(key)s)
    RETURNING p.id, p.buyer_id
), asked AS (
    INSERT INTO payments_transactionevent (id, buyer_id, payment_id, action, outcome, amount_minor, key, told_by, at, known_at)
    SELECT %(event_id)s, buyer_id, id, 'refund', 'pending', %(amount_minor)s, %(id)s::text, 'ask', %(now)s, %(now)s FROM taken
)
INSERT INTO payments_refund (id, buyer_id, payment_id, key, amount_minor, reason, state, refusal, requested_at, ask_at)
SELECT %(id)s, buyer_id, id, %(key)s, %(amount_minor)s, %(reason)s, 'pending', '', %(now)s, %(ask_at)s FROM taken
RETURNING id
