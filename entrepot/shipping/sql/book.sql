-- Store a waybill, booked with what the carrier said or only requested; one that was requested before becomes booked, any
-- other stays as it is. Its id is what the carrier knows it by: the parcel's. Parameters: the waybill's columns (number ''
-- = none). One row: the parcel's waybill; fresh: this call stored it.
WITH made AS (
    INSERT INTO shipping_waybill AS w (id, buyer_id, order_id, parcel_id, order_number, carrier, state, number,
                                       carrier_code, carrier_name, trade_mode, transport_mode, vessel, voyage, bill,
                                       freight_minor, insurance_minor, weight_g, goods_text, consignee_sealed,
                                       requested_at, booked_at)
    VALUES (%(id)s, %(buyer_id)s, %(order_id)s, %(parcel_id)s, %(order_number)s, %(carrier)s, %(state)s,
            nullif(%(number)s, ''), %(carrier_code)s, %(carrier_name)s, %(trade_mode)s, %(transport_mode)s, %(vessel)s,
            %(voyage)s, %(bill)s, %(freight_minor)s, %(insurance_minor)s, %(weight_g)s, %(goods_text)s,
            %(consignee_sealed)s, %(now)s, %(booked_at)s)
        ON CONFLICT (buyer_id, parcel_id) DO UPDATE
       SET id = excluded.id, state = excluded.state, number = excluded.number, carrier_code = excluded.carrier_code,
           carrier_name = excluded.carrier_name, transport_mode = excluded.transport_mode, vessel = excluded.vessel,
           voyage = excluded.voyage, bill = excluded.bill, consignee_sealed = excluded.consignee_sealed,
           booked_at = excluded.booked_at
     WHERE w.state = 'requested' AND excluded.state = 'booked'
    RETURNING w.*, w.xmax = 0 AS fresh
)
SELECT
-- include shipping/columns
       , fresh, NULL AS scans
  FROM made
UNION ALL
SELECT
-- include shipping/columns
       , false, NULL FROM shipping_waybill w
 WHERE w.buyer_id = %(buyer_id)s AND w.parcel_id = %(parcel_id)s AND NOT EXISTS (SELECT 1 FROM made)
