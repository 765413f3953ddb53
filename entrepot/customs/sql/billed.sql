-- Every bill of some declarations with the lines that count: what is billed to a list. Parameters: buyer_ids, ids.
SELECT b.declaration_id, b.parcel_id, b.order_number, b.list_number, b.state, b.guarantor, b.made_on, b.notice_mark,
       n.duty, n.vat, n.excise, n.lines
  FROM customs_taxbill b
  JOIN customs_taxnotice n ON n.buyer_id = b.buyer_id AND n.id = b.notice_id
 WHERE b.buyer_id = ANY(%(buyer_ids)s) AND b.declaration_id = ANY(%(ids)s)
 ORDER BY b.declaration_id, b.notice_mark COLLATE "C"
