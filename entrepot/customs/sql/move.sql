-- News of documents: that they were sent, or what customs says of them. Keeps what was said and moves the declarations
-- on. A touch names its document by guid, or by number: then it is the version that was the newest at `returned_at`.
-- `mark` sorts as receipts count (rules/standing.py), so any order and repetition ends in the same row; the row is locked
-- first, so the values it is judged by are the newest ones. Parameters: touches (jsonb: n, guids, kind, number,
-- returned_at, mark, sent, status, verdict, code, pre, invt), the receipts and exchanges as arrays by n, at, ask_at (jsonb: by
-- state), lock_timeout. `sent` of a touch: the port has the document. Rows: one per declaration touched, with state and standing before and after.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), touch AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(touches)s::jsonb)
        AS t(n int, guids uuid[], kind text, number text, returned_at timestamptz, mark text, sent boolean, status int,
             verdict text, code text, pre text, invt text)
), found AS MATERIALIZED (
    SELECT t.*, d.id AS document_id, d.buyer_id, d.declaration_id
      FROM touch t CROSS JOIN LATERAL (
           SELECT id, buyer_id, declaration_id, version, made_at <= t.returned_at AS old FROM customs_document
            WHERE kind = t.kind AND (id = ANY(t.guids) OR number = t.number)
            ORDER BY id = ANY(t.guids) DESC, made_at <= t.returned_at DESC,
                     CASE WHEN made_at <= t.returned_at THEN -version ELSE version END, id
            LIMIT 1) d
), before AS MATERIALIZED (
    SELECT c.id, c.buyer_id, c.state, c.standing, c.differences, c.cancelled_at
      FROM patience, customs_declaration c
     WHERE (c.buyer_id, c.id) IN (SELECT buyer_id, declaration_id FROM found)
     ORDER BY c.id
       FOR UPDATE OF c
), kept AS (
    INSERT INTO customs_receipt AS k (id, buyer_id, declaration_id, document_id, status, mark, info, returned_at,
                                      received_at, last_at, times, raw_sealed, sha256)
    SELECT r.id, f.buyer_id, f.declaration_id, f.document_id, f.status, f.mark, r.info, f.returned_at, %(at)s, %(at)s, 1,
           r.raw_sealed, r.sha256
      FROM found f JOIN unnest(%(receipt_ns)s::int[], %(receipt_ids)s::uuid[], %(infos)s::text[], %(raws)s::bytea[],
                               %(raw_hashes)s::bytea[]) AS r(n, id, info, raw_sealed, sha256) ON r.n = f.n
        ON CONFLICT (buyer_id, document_id, sha256) DO UPDATE SET times = k.times + 1, last_at = excluded.last_at
), told AS (
    INSERT INTO customs_exchange (id, buyer_id, document_id, at, envelope_sha256, status, answer)
    SELECT e.id, f.buyer_id, f.document_id, %(at)s, e.envelope_sha256, e.status, e.answer
      FROM found f JOIN unnest(%(exchange_ns)s::int[], %(exchange_ids)s::uuid[], %(envelopes)s::bytea[],
                               %(statuses)s::int[], %(answers)s::bytea[])
                        AS e(n, id, envelope_sha256, status, answer) ON e.n = f.n
), counted AS (
    UPDATE customs_document d
       SET sent_at = CASE WHEN f.sent THEN coalesce(d.sent_at, %(at)s) ELSE d.sent_at END, attempts = d.attempts + 1
      FROM found f WHERE f.n = ANY(%(exchange_ns)s::int[]) AND d.buyer_id = f.buyer_id AND d.id = f.document_id
), merged AS (
    SELECT b.id, b.standing || jsonb_object_agg(f.kind, b.standing -> f.kind || CASE
               WHEN (b.standing -> f.kind ->> 'document')::uuid <> f.document_id THEN '{}'  -- a newer one took its place
               ELSE CASE WHEN f.sent THEN '{"sent": true}'::jsonb ELSE '{}' END
                    || CASE WHEN f.mark COLLATE "C" > coalesce(b.standing -> f.kind ->> 'mark', '')
                            THEN jsonb_build_object('mark', f.mark, 'status', f.status, 'verdict', f.verdict,
                                                    'code', f.code)
                            ELSE '{}' END
                    || CASE WHEN f.pre <> '' AND f.mark COLLATE "C" > coalesce(b.standing -> f.kind ->> 'pre_mark', '')
                            THEN jsonb_build_object('pre', f.pre, 'pre_mark', f.mark) ELSE '{}' END
                    || CASE WHEN f.invt <> '' AND f.mark COLLATE "C" > coalesce(b.standing -> f.kind ->> 'invt_mark', '')
                            THEN jsonb_build_object('invt', f.invt, 'invt_mark', f.mark) ELSE '{}' END
               END) AS s
      FROM before b JOIN found f ON f.buyer_id = b.buyer_id AND f.declaration_id = b.id
     GROUP BY b.id, b.standing
), judged AS (
    SELECT b.*, m.s, bad.code AS bad_code, CASE
               WHEN b.cancelled_at IS NOT NULL OR m.s -> '623' ->> 'verdict' = 'done' THEN 'cancelled'
               WHEN m.s -> '621' ->> 'verdict' = 'done' THEN 'released'
               WHEN bad.code IS NOT NULL OR b.differences <> '[]' THEN 'held'
               WHEN (m.s -> '621' ->> 'sent')::boolean THEN 'listed'
               WHEN (m.s -> '311' ->> 'sent')::boolean AND (m.s -> '411' ->> 'sent')::boolean
                    AND (m.s -> '511' ->> 'sent')::boolean THEN 'matching'
               ELSE 'draft' END AS next
      FROM merged m JOIN before b ON b.id = m.id
      LEFT JOIN LATERAL (
           SELECT m.s -> k.kind ->> 'code' AS code
             FROM unnest(ARRAY['621', '311', '411', '511']) WITH ORDINALITY AS k(kind, n)
            WHERE m.s -> k.kind ->> 'verdict' IN ('refused', 'stopped')
            ORDER BY k.n LIMIT 1) bad ON true
)
UPDATE customs_declaration c
   SET standing = j.s, state = j.next,
       held_code = CASE WHEN j.next = 'held' THEN coalesce(j.bad_code, 'match') ELSE '' END,
       list_number = coalesce(j.s -> '621' ->> 'invt', ''),
       ask_at = (%(ask_at)s::jsonb ->> j.next)::timestamptz, changed_at = %(at)s
  FROM judged j
 WHERE c.buyer_id = j.buyer_id AND c.id = j.id
RETURNING c.id, c.buyer_id, c.order_id, c.parcel_id, j.state AS was, c.state, c.held_code, j.standing AS standing_was,
          c.standing
