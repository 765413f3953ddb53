-- The carrier gave a number. Parameters: buyer_id, id, the carrier's answer, now. One row if this call stored it.
UPDATE shipping_waybill
   SET state = 'booked', number = %(number)s, carrier_code = %(carrier_code)s, carrier_name = %(carrier_name)s,
       transport_mode = %(transport_mode)s, vessel = %(vessel)s, voyage = %(voyage)s, bill = %(bill)s,
       booked_at = %(now)s
 WHERE buyer_id = %(buyer_id)s AND id = %(id)s AND state = 'requested'
RETURNING *, NULL AS scans
