-- Store a payment and its shares for each of many orders, unless the order has one that is open or captured. Parameters:
-- intents (JSON array: the payment's columns with n, the place in it) and shares (JSON array with payment_id), now, ask_at.
-- Rows: n with id, state and amount of the payment that counts; no row where another call stored one after our look.
WITH wish AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(intents)s::json)
        AS w(n int, id uuid, buyer_id uuid, order_id uuid, order_number text, provider text, currency text,
             amount_minor bigint, payer_real_name_id uuid, language text, pay_until timestamptz)
), before AS MATERIALIZED (
    SELECT w.n, p.id, p.state, p.amount_minor
      FROM wish w CROSS JOIN LATERAL (
           SELECT id, state, amount_minor FROM payments_payment
            WHERE buyer_id = w.buyer_id AND order_id = w.order_id AND state <> 'failed'
            ORDER BY created_at DESC LIMIT 1) p
), made AS (
    INSERT INTO payments_payment (id, buyer_id, order_id, order_number, provider, state, currency, amount_minor,
                                  refunded_minor, refunding_minor, company_code, company_name, payer_real_name_id,
                                  payer_check, verifying_department, verifying_transaction, language, pay_until,
                                  created_at, changed_at, ask_at)
    SELECT id, buyer_id, order_id, order_number, provider, 'pending', currency, amount_minor, 0, 0, '', '',
           payer_real_name_id, 'unchecked', '', '', language, pay_until, %(now)s, %(now)s, %(ask_at)s
      FROM wish w WHERE NOT EXISTS (SELECT 1 FROM before b WHERE b.n = w.n)
     ORDER BY buyer_id, order_id
    ON CONFLICT DO NOTHING
    RETURNING id, buyer_id, amount_minor
), shares AS (
    INSERT INTO payments_split (id, buyer_id, payment_id, position, parcel_id, number, amount_minor)
    SELECT s.id, m.buyer_id, m.id, s.position, s.parcel_id, s.number, s.amount_minor
      FROM made m JOIN json_to_recordset(%(shares)s::json)
        AS s(id uuid, payment_id uuid, position int, parcel_id uuid, number text, amount_minor bigint)
        ON s.payment_id = m.id
)
SELECT w.n, m.id, 'pending' AS state, m.amount_minor FROM made m JOIN wish w USING (id)
UNION ALL SELECT n, id, state, amount_minor FROM before
