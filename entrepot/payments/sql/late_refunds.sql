-- A page of the refunds that wait for somebody, with their payments, the longest waiting first. Parameters: those of
-- payments/late, limit, offset.
WITH
-- include payments/late
SELECT r.*, p.currency, p.provider, p.order_id, p.order_number
  FROM late r JOIN payments_payment p ON p.buyer_id = r.buyer_id AND p.id = r.payment_id
 ORDER BY r.requested_at, r.id
 LIMIT %(limit)s OFFSET %(offset)s
