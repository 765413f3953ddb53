-- Keep one exchange with a provider. Parameters: buyer_id, payment_id, raw_*, now.
INSERT INTO payments_rawexchange (id, buyer_id, payment_id, kind, status, request_sealed, response_sealed, digest, at)
SELECT %(raw_id)s, p.buyer_id, p.id, %(raw_kind)s, %(raw_status)s, %(raw_request)s::bytea, %(raw_response)s::bytea,
       %(raw_digest)s, %(now)s
  FROM payments_payment p WHERE p.buyer_id = %(buyer_id)s AND p.id = %(payment_id)s
ON CONFLICT (buyer_id, payment_id, digest) DO NOTHING
