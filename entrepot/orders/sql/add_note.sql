-- One more event of a cancelled order, once per note. Parameters: order_id, buyer_id, event_id, note, at.
WITH head AS (
    UPDATE orders_order o SET sequence = o.sequence + 1
     WHERE o.buyer_id = %(buyer_id)s AND o.id = %(order_id)s AND o.state = 'cancelled'
       AND NOT EXISTS (SELECT 1 FROM orders_event e
                        WHERE e.buyer_id = o.buyer_id AND e.order_id = o.id AND e.note = %(note)s)
    RETURNING o.id, o.buyer_id, o.sequence
)
INSERT INTO orders_event (id, buyer_id, order_id, sequence, parcel_id, kind, at, note)
SELECT %(event_id)s, buyer_id, id, sequence, NULL, 'cancelled', %(at)s, %(note)s FROM head
