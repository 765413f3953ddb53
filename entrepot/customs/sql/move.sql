-- News of documents: that they were sent, or what customs says of them. Keeps what was said, moves the declarations on and
-- tells what follows. A touch names its document by guid, or by number: then it is the version that was the newest at
-- `returned_at`. `mark` sorts as receipts count (rules/standing.py), of equal ones the greater word counts, so any order,
-- repetition and grouping ends in the same row; the row is locked first, so the values it is judged by are the newest ones.
-- Parameters: touches (jsonb: n, guids, kind, number, returned_at, mark, sent, status, verdict, code, pre, invt, handed), the
-- receipts, the messages that brought them and the exchanges as arrays, at, ask_at (jsonb: by state), lock_timeout, fact_ids
-- (one per touch), job (that sends), inline_max (the caller tells the flow itself, where so many declarations at most have
-- news), ended_job. `sent` of a touch: the port has the document; `handed`: in a batch, which has the exchange. Rows: one per
-- declaration touched, with which touches named it, its state before and after, the topic of what follows (NULL =
-- nothing), and of what has just been released what its account book loses.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), touch AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(touches)s::jsonb)
        AS t(n int, guids uuid[], kind text, number text, returned_at timestamptz, mark text, sent boolean, status int,
             verdict text, code text, pre text, invt text, handed boolean)
), found AS MATERIALIZED (
    SELECT t.*, d.id AS document_id, d.buyer_id, d.declaration_id
      FROM touch t CROSS JOIN LATERAL (
           SELECT id, buyer_id, declaration_id, version, made_at <= t.returned_at AS old FROM customs_document
            WHERE kind = t.kind AND (id = ANY(t.guids) OR number = t.number)
            ORDER BY id = ANY(t.guids) DESC, made_at <= t.returned_at DESC,
                     CASE WHEN made_at <= t.returned_at THEN -version ELSE version END, id
            LIMIT 1) d
), before AS MATERIALIZED (
    SELECT c.id, c.buyer_id, c.order_id, c.parcel_id, c.state, c.held_code, c.standing, c.differences, c.cancelled_at,
           c.account_book, c.booked, c.general_number
      FROM patience, customs_declaration c
     WHERE (c.buyer_id, c.id) IN (SELECT buyer_id, declaration_id FROM found)
     ORDER BY c.id
       FOR UPDATE OF c
), receipt AS MATERIALIZED (
    SELECT * FROM unnest(%(receipt_ns)s::int[], %(receipt_ids)s::uuid[], %(infos)s::text[], %(receipt_hashes)s::bytea[],
                         %(arrivals_of)s::uuid[]) AS r(n, id, info, sha256, arrival_id)
), arrived AS (  -- each message once, however many documents it is about; one refused before has now been taken
    INSERT INTO customs_arrival AS a (id, way, root, size, sha256, raw_sealed, outcome, told, first_at, last_at, times)
    SELECT id, way, root, size, sha256, raw_sealed, '', '', %(at)s, %(at)s, 1
      FROM unnest(%(arrival_ids)s::uuid[], %(ways)s::text[], %(roots)s::text[], %(sizes)s::bigint[],
                  %(arrival_hashes)s::bytea[], %(raws)s::bytea[]) AS m(id, way, root, size, sha256, raw_sealed)
     WHERE id IN (SELECT r.arrival_id FROM found f JOIN receipt r ON r.n = f.n)
     ORDER BY id
        ON CONFLICT (id) DO UPDATE SET times = a.times + 1, last_at = excluded.last_at, outcome = '', told = ''
), kept AS (
    INSERT INTO customs_receipt AS k (id, buyer_id, declaration_id, document_id, status, mark, info, returned_at,
                                      received_at, last_at, times, arrival_id, sha256)
    SELECT id, buyer_id, declaration_id, document_id, status, mark, info, returned_at, %(at)s, %(at)s, times, arrival_id,
           sha256
      FROM (SELECT f.*, r.id, r.info, r.arrival_id, r.sha256, count(*) OVER same AS times, row_number() OVER same AS nth
              FROM found f JOIN receipt r ON r.n = f.n
            WINDOW same AS (PARTITION BY f.buyer_id, f.document_id, r.sha256)) one
     WHERE nth = 1
     ORDER BY id
        ON CONFLICT (buyer_id, document_id, sha256)
        DO UPDATE SET times = k.times + excluded.times, last_at = excluded.last_at
), told AS (
    INSERT INTO customs_exchange (id, buyer_id, document_id, at, opening, envelope_sha256, status, answer)
    SELECT e.id, f.buyer_id, f.document_id, %(at)s, e.opening, e.envelope_sha256, e.status, e.answer
      FROM found f JOIN unnest(%(exchange_ns)s::int[], %(exchange_ids)s::uuid[], %(openings)s::bytea[],
                               %(envelopes)s::bytea[], %(statuses)s::int[], %(answers)s::bytea[])
                        AS e(n, id, opening, envelope_sha256, status, answer) ON e.n = f.n
), counted AS (
    UPDATE customs_document d
       SET sent_at = CASE WHEN f.sent THEN coalesce(d.sent_at, %(at)s) ELSE d.sent_at END, attempts = d.attempts + 1
      FROM found f WHERE (f.handed OR f.n = ANY(%(exchange_ns)s::int[])) AND d.buyer_id = f.buyer_id AND d.id = f.document_id
), said AS (  -- of the newest document of each kind: that it is sent, the last word on it, its numbers
    SELECT b.id, f.kind, bool_or(f.sent) AS sent, max(f.mark COLLATE "C") AS mark,
           (array_agg(jsonb_build_object('mark', f.mark, 'status', f.status, 'verdict', f.verdict, 'code', f.code)
                      ORDER BY f.mark COLLATE "C" DESC, f.code COLLATE "C" DESC))[1] AS word,
           (array_agg(f.code ORDER BY f.mark COLLATE "C" DESC, f.code COLLATE "C" DESC))[1] AS code,
           max(f.mark COLLATE "C") FILTER (WHERE f.pre <> '') AS pre_mark,
           (array_agg(f.pre ORDER BY f.mark COLLATE "C" DESC, f.pre COLLATE "C" DESC) FILTER (WHERE f.pre <> ''))[1] AS pre,
           max(f.mark COLLATE "C") FILTER (WHERE f.invt <> '') AS invt_mark,
           (array_agg(f.invt ORDER BY f.mark COLLATE "C" DESC, f.invt COLLATE "C" DESC) FILTER (WHERE f.invt <> ''))[1] AS invt
      FROM before b JOIN found f ON f.buyer_id = b.buyer_id AND f.declaration_id = b.id
     WHERE (b.standing -> f.kind ->> 'document')::uuid = f.document_id
     GROUP BY b.id, f.kind
), merged AS (
    SELECT b.id, b.standing || coalesce(jsonb_object_agg(f.kind, b.standing -> f.kind
               || CASE WHEN f.sent THEN '{"sent": true}'::jsonb ELSE '{}' END
               || CASE WHEN (f.mark, f.code COLLATE "C") > (coalesce(b.standing -> f.kind ->> 'mark', ''),
                                                            coalesce(b.standing -> f.kind ->> 'code', ''))
                       THEN f.word ELSE '{}' END
               || CASE WHEN (f.pre_mark, f.pre COLLATE "C") > (coalesce(b.standing -> f.kind ->> 'pre_mark', ''),
                                                               coalesce(b.standing -> f.kind ->> 'pre', ''))
                       THEN jsonb_build_object('pre', f.pre, 'pre_mark', f.pre_mark) ELSE '{}' END
               || CASE WHEN (f.invt_mark, f.invt COLLATE "C") > (coalesce(b.standing -> f.kind ->> 'invt_mark', ''),
                                                                 coalesce(b.standing -> f.kind ->> 'invt', ''))
                       THEN jsonb_build_object('invt', f.invt, 'invt_mark', f.invt_mark) ELSE '{}' END
               ) FILTER (WHERE f.kind IS NOT NULL), '{}') AS s
      FROM before b LEFT JOIN said f ON f.id = b.id
     GROUP BY b.id, b.standing
), judged AS (
    SELECT b.*, m.s, bad.code AS bad_code, CASE
               WHEN b.general_number <> '' THEN 'released'
               WHEN m.s -> '623' ->> 'verdict' = 'done' THEN 'cancelled'
               WHEN m.s -> '621' ->> 'verdict' = 'done' THEN 'released'
               WHEN b.cancelled_at IS NOT NULL THEN 'cancelled'
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
), coded AS (  -- why it is held: another reason than before is news
    SELECT j.*, CASE WHEN j.next = 'held' THEN coalesce(j.bad_code, 'match') ELSE '' END AS code FROM judged j
), followed AS MATERIALIZED (
    SELECT j.*, row_number() OVER (ORDER BY j.id) AS nth, now_due.due AND NOT was_due.due AS due, CASE
               WHEN j.next = j.state AND j.code = j.held_code OR (j.next = 'listed' AND j.state = 'matching')
                    OR (j.next = 'matching' AND j.state = 'listed') THEN NULL
               WHEN j.next IN ('matching', 'listed') THEN 'customs.declared'
               WHEN j.next IN ('held', 'released', 'cancelled') THEN 'customs.' || j.next END AS topic
      FROM coded j,
           LATERAL (SELECT count(*) = 4 AS due FROM unnest(ARRAY['311', '411', '511', '621']) AS k(kind)
                     WHERE CASE k.kind WHEN '621' THEN j.s -> '621' ->> 'sent' = 'false'
                                       ELSE j.s -> k.kind ->> 'verdict' IN ('taken', 'done') END) now_due,
           LATERAL (SELECT count(*) = 4 AS due FROM unnest(ARRAY['311', '411', '511', '621']) AS k(kind)
                     WHERE CASE k.kind WHEN '621' THEN j.standing -> '621' ->> 'sent' = 'false'
                                       ELSE j.standing -> k.kind ->> 'verdict' IN ('taken', 'done') END) was_due
), written AS (
    UPDATE customs_declaration c
       SET standing = j.s, state = j.next, cancelled_at = CASE WHEN j.next = 'cancelled' THEN c.cancelled_at END,
           held_code = j.code,
           list_number = coalesce(j.s -> '621' ->> 'invt', ''),
           ask_at = (%(ask_at)s::jsonb ->> CASE  -- of a held list that is to be taken back: as of one that is at customs
               WHEN j.next = 'held' AND j.s ? '623' AND coalesce(j.s -> '623' ->> 'verdict', '') <> 'refused' THEN 'listed'
               ELSE j.next END)::timestamptz, changed_at = %(at)s,
           since = CASE WHEN j.next = j.state AND j.code = j.held_code THEN c.since ELSE %(at)s END,
           quiet_until = CASE WHEN j.next = j.state AND j.code = j.held_code THEN c.quiet_until END
      FROM followed j
     WHERE c.buyer_id = j.buyer_id AND c.id = j.id
    RETURNING c.id, c.held_code
), fact AS (
    SELECT (%(fact_ids)s::uuid[])[j.nth] AS id, j.topic, j.parcel_id AS aggregate_id, j.buyer_id,
           jsonb_build_object('declaration_id', j.id, 'order_id', j.order_id, 'parcel_id', j.parcel_id)
           || CASE WHEN j.next = 'held' THEN jsonb_build_object('code', w.held_code) ELSE '{}' END AS payload
      FROM followed j JOIN written w ON w.id = j.id
     WHERE j.topic IS NOT NULL
       AND (SELECT count(*) FROM followed f WHERE f.topic IS NOT NULL) > %(inline_max)s
),
-- include outbox/tell
, errand AS (  -- the list leaves once the three documents are taken in
    SELECT %(job)s::text AS name, 'customs:' || j.id::text AS lock,
           jsonb_build_object('declaration_id', j.id, 'buyer_id', j.buyer_id, 'due_at', %(at)s::timestamptz) AS args,
           NULL::timestamptz AS run_at, 0 AS priority
      FROM followed j WHERE j.due
),
-- include outbox/queue
,
-- include outbox/end
SELECT j.id, j.buyer_id, j.order_id, j.parcel_id, j.state AS was, j.next AS state, w.held_code, j.topic, j.account_book,
       CASE WHEN j.next = 'released' AND j.state <> 'released' AND j.account_book <> '' THEN j.booked END AS booked,
       (SELECT array_agg(f.n) FROM found f WHERE f.declaration_id = j.id) AS touched
  FROM followed j JOIN written w ON w.id = j.id
 ORDER BY j.id
