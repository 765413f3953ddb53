-- A declaration with its newest documents that have not left, or (`again`) with all of them. Parameters: buyer_id, id,
-- again. One row per document; none where there is nothing.
SELECT d.state, d.order_number, d.standing, d.differences, d.cancelled_at, p.id, p.kind, p.xml_sealed, p.made_at
  FROM customs_declaration d
  JOIN customs_document p ON p.buyer_id = d.buyer_id AND p.declaration_id = d.id
 WHERE d.buyer_id = %(buyer_id)s AND d.id = %(id)s
   AND d.standing -> p.kind ->> 'document' = p.id::text
   AND (%(again)s OR d.standing -> p.kind ->> 'sent' = 'false')
 ORDER BY p.kind
