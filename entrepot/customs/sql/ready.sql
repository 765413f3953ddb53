-- Declarations with their newest documents that have not left, or (`again`) with all of them. Lists that wait for the
-- three other documents stay out. Parameters: buyer_ids, ids, again. One row per document; none where there is nothing.
SELECT d.id AS declaration_id, d.buyer_id, d.state, d.order_number, d.standing, d.differences, d.cancelled_at,
       p.id, p.kind, p.xml_sealed, p.made_at, p.batch_id
  FROM unnest(%(buyer_ids)s::uuid[], %(ids)s::uuid[]) AS w(buyer_id, id)
  JOIN customs_declaration d ON d.buyer_id = w.buyer_id AND d.id = w.id
  JOIN customs_document p ON p.buyer_id = d.buyer_id AND p.declaration_id = d.id
 WHERE d.standing -> p.kind ->> 'document' = p.id::text
   AND (%(again)s OR d.standing -> p.kind ->> 'sent' = 'false')
   AND (p.kind <> '621' OR %(again)s
        OR d.standing -> '311' ? 'verdict' AND d.standing -> '411' ? 'verdict' AND d.standing -> '511' ? 'verdict')
 ORDER BY d.id, p.kind
