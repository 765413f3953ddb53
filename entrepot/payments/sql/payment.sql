-- One buyer's payments with their shares, newest first. Parameters: buyer_id, and payment_id, order_id or
-- order_number (the others NULL).
SELECT
-- include payments/columns
       , (SELECT jsonb_agg(jsonb_build_object('parcel_id', s.parcel_id, 'number', s.number,
                                                 'amount_minor', s.amount_minor, 'transaction', s.transaction)
                              ORDER BY s.position)
               FROM payments_split s WHERE s.buyer_id = p.buyer_id AND s.payment_id = p.id) AS splits
  FROM payments_payment p
 WHERE p.buyer_id = %(buyer_id)s
   AND (%(payment_id)s::uuid IS NULL OR p.id = %(payment_id)s)
   AND (%(order_id)s::uuid IS NULL OR p.order_id = %(order_id)s)
   AND (%(order_number)s::text IS NULL OR p.order_number = %(order_number)s)
 ORDER BY p.state = 'failed', p.created_at DESC, p.id DESC
 LIMIT 1
