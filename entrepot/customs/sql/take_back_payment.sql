-- Mark a payment as taken back and open its bills again, in one statement: who comes second finds nothing to mark.
-- Parameters: id (of the payment), counter_id. Rows: one where it was marked: the payment's sum, and how many bills it paid.
WITH payment AS (
    UPDATE customs_taxpayment SET counter_id = %(counter_id)s WHERE id = %(id)s AND counter_id IS NULL
    RETURNING id, amount_minor
), bill AS (
    UPDATE customs_taxbill b SET payment_id = NULL, paid_minor = NULL FROM payment WHERE b.payment_id = payment.id
    RETURNING b.id
)
SELECT payment.amount_minor, (SELECT count(*) FROM bill) AS bills FROM payment
