-- Refunds that wait for somebody, in a WITH: asked for before a moment and not done, or refused by the provider and not
-- asked for anew since. Parameters: before, again (what begins the number of tries behind the key of what was refused).
late AS MATERIALIZED (
    SELECT r.*
      FROM payments_refund r
     WHERE r.requested_at < %(before)s
       AND (r.ask_at IS NOT NULL
            OR r.state = 'failed' AND NOT EXISTS (
                   SELECT 1 FROM payments_refund n
                    WHERE n.buyer_id = r.buyer_id AND n.payment_id = r.payment_id AND n.id > r.id
                      AND split_part(n.key, %(again)s, 1) = split_part(r.key, %(again)s, 1)))
)
