-- Store a waybill, unless the parcel has one. Parameters: the waybill's columns. One row: the parcel's waybill.
WITH made AS (
    INSERT INTO shipping_waybill (id, buyer_id, order_id, parcel_id, order_number, carrier, state, carrier_code,
                                  carrier_name, trade_mode, transport_mode, vessel, voyage, bill, freight_minor,
                                  insurance_minor, weight_g, goods_text, consignee_sealed, requested_at)
    SELECT %(id)s, %(buyer_id)s, %(order_id)s, %(parcel_id)s, %(order_number)s, %(carrier)s, 'requested', '', '',
           %(trade_mode)s, '', '', '', '', %(freight_minor)s, %(insurance_minor)s, %(weight_g)s, %(goods_text)s,
           %(consignee_sealed)s, %(now)s
     WHERE NOT EXISTS (SELECT 1 FROM shipping_waybill w
                        WHERE w.buyer_id = %(buyer_id)s AND w.parcel_id = %(parcel_id)s)
    ON CONFLICT DO NOTHING
    RETURNING *
)
SELECT *, NULL AS scans FROM made
UNION ALL
SELECT w.*, NULL FROM shipping_waybill w WHERE w.buyer_id = %(buyer_id)s AND w.parcel_id = %(parcel_id)s
