-- The applications to bring goods back that customs accepted, of some declarations. Parameters: buyer_ids, ids.
SELECT p.declaration_id, p.id, p.xml_sealed
  FROM customs_application a
  JOIN customs_document p ON p.buyer_id = a.buyer_id AND p.id = a.document_id
 WHERE a.buyer_id = ANY(%(buyer_ids)s) AND p.buyer_id = ANY(%(buyer_ids)s) AND p.declaration_id = ANY(%(ids)s)
   AND p.kind = '625' AND a.verdict = 'done'
