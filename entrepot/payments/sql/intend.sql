-- Store a payment and its shares, unless the order has one that is open or captured. Parameters: id, split_ids,
-- parcel_ids, numbers, amounts (one each per share), and the payment's columns. One row: the id, and whether it is ours.
WITH before AS (
    SELECT id, state, amount_minor FROM payments_payment
     WHERE buyer_id = %(buyer_id)s AND order_id = %(order_id)s AND state <> 'failed'
     ORDER BY created_at DESC LIMIT 1
), made AS (
    INSERT INTO payments_payment (id, buyer_id, order_id, order_number, provider, state, currency, amount_minor,
                                  refunded_minor, refunding_minor, company_code, company_name, payer_real_name_id,
                                  payer_check, verifying_department, verifying_transaction, language, pay_until,
                                  created_at, changed_at, ask_at)
    SELECT %(id)s, %(buyer_id)s, %(order_id)s, %(order_number)s, %(provider)s, 'pending', %(currency)s, %(amount_minor)s,
           0, 0, '', '', %(payer_real_name_id)s, 'unchecked', '', '', %(language)s, %(pay_until)s, %(now)s, %(now)s,
           %(ask_at)s
     WHERE NOT EXISTS (SELECT 1 FROM before)
    ON CONFLICT DO NOTHING
    RETURNING id, buyer_id
), shares AS (
    INSERT INTO payments_split (id, buyer_id, payment_id, position, parcel_id, number, amount_minor)
    SELECT s.id, m.buyer_id, m.id, s.position, s.parcel_id, s.number, s.amount_minor
      FROM made m, unnest(%(split_ids)s::uuid[], %(parcel_ids)s::uuid[], %(numbers)s::text[], %(amounts)s::bigint[])
           WITH ORDINALITY AS s(id, parcel_id, number, amount_minor, position)
)
SELECT id, 'pending' AS state, %(amount_minor)s AS amount_minor FROM made
UNION ALL SELECT id, state, amount_minor FROM before
