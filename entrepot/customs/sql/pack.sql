-- Put documents into a batch, all of them or (the caller's count) none. Parameters: the batch's columns, document_ids and
-- buyer_ids in their order, before (the batch they leave, NULL where they were in none and never left), at.
WITH batch AS (
    INSERT INTO customs_batch (id, kind, documents, tail, sha256, made_at)
    VALUES (%(id)s, %(kind)s, %(documents)s, %(tail)s, %(sha256)s, %(at)s)
)
UPDATE customs_document d SET batch_id = %(id)s, place = w.place
  FROM unnest(%(document_ids)s::uuid[], %(buyer_ids)s::uuid[]) WITH ORDINALITY AS w(id, buyer_id, place)
 WHERE d.buyer_id = w.buyer_id AND d.id = w.id
   AND d.batch_id IS NOT DISTINCT FROM %(before)s::uuid AND (%(before)s::uuid IS NOT NULL OR d.sent_at IS NULL)
