-- Released lists of some days that have no tax bill, the oldest first; what was released as general trade has none.
-- Parameters: since (id), until (released by then), most.
SELECT d.buyer_id, d.parcel_id, d.order_number, d.list_number, d.since AS released_at
  FROM customs_declaration d
 WHERE d.state = 'released' AND d.general_number = '' AND d.id >= %(since)s AND d.since < %(until)s
   AND NOT EXISTS (SELECT 1 FROM customs_taxbill b WHERE b.buyer_id = d.buyer_id AND b.declaration_id = d.id)
 ORDER BY d.id
 LIMIT %(most)s
