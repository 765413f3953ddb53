-- One buyer's waybills with their scans in the order of time. Parameters: buyer_id, parcel_id or order_id or id (the
-- others NULL).
SELECT
-- include shipping/columns
       , (SELECT jsonb_agg(jsonb_build_object('at', s.at, 'place', s.place, 'zh', s.zh, 'en', s.en)
                              ORDER BY s.at, s.id)
               FROM shipping_scan s WHERE s.buyer_id = w.buyer_id AND s.waybill_id = w.id) AS scans
  FROM shipping_waybill w
 WHERE w.buyer_id = %(buyer_id)s
   AND (%(id)s::uuid IS NULL OR w.id = %(id)s)
   AND (%(parcel_id)s::uuid IS NULL OR w.parcel_id = %(parcel_id)s)
   AND (%(order_id)s::uuid IS NULL OR w.order_id = %(order_id)s)
 ORDER BY w.order_number, w.id
