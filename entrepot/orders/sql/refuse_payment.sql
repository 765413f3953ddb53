-- Note, once, that the payment of a cancelled order came too late and goes back.
-- Parameters: order_id, buyer_id, event_id, note, at.
WITH refused AS (
    UPDATE orders_order SET sequence = sequence + 1, refused_at = %(at)s
     WHERE buyer_id = %(buyer_id)s AND id = %(order_id)s AND state = 'cancelled' AND paid_at IS NULL
       AND refused_at IS NULL
    RETURNING id, buyer_id, sequence
)
INSERT INTO orders_event (id, buyer_id, order_id, sequence, parcel_id, kind, at, note)
SELECT %(event_id)s, buyer_id, id, sequence, NULL, 'cancelled', %(at)s, %(note)s FROM refused
