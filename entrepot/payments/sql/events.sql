-- A payment's events as they became known. Parameters: buyer_id, payment_id.
SELECT id, action, outcome, amount_minor, key, provider_number, told_by, at, known_at
  FROM payments_transactionevent
 WHERE buyer_id = %(buyer_id)s AND payment_id = %(payment_id)s
 ORDER BY known_at, action, outcome <> 'pending', id
