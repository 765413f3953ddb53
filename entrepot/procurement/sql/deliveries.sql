-- What receipts since a day say of how long orders took: one row an order and receipt.
SELECT s.code AS supplier_code, o.number AS order_number, r.reference, max(r.place) AS place,
       (o.sent_at AT TIME ZONE 'Asia/Shanghai')::date AS sent_on, min(r.received_on) AS received_on
  FROM procurement_receipt r
  JOIN procurement_order o ON o.id = r.order_id
  JOIN procurement_supplier s ON s.id = o.supplier_id
 WHERE r.received_on >= %(since)s AND o.sent_at IS NOT NULL
 GROUP BY s.code, o.id, r.reference
 ORDER BY s.code, o.id, r.reference
