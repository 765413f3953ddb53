-- News of applications to bring goods back: sent, or what customs says of the newest message of each. The declarations are
-- locked by move.sql before. Any order and repetition ends in the same row: the highest mark counts. Parameters: touches
-- (jsonb, as in move.sql), ask_at (when to ask again while nothing is decided). Rows: those
-- touched, with whether customs has decided something new.
WITH touch AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(touches)s::jsonb)
        AS t(n int, guids uuid[], kind text, number text, returned_at timestamptz, mark text, sent boolean, status int,
             verdict text)
), found AS MATERIALIZED (
    SELECT t.*, d.id AS document_id, d.buyer_id
      FROM touch t CROSS JOIN LATERAL (
           SELECT id, buyer_id FROM customs_document
            WHERE kind = t.kind AND (id = ANY(t.guids) OR number = t.number)
            ORDER BY id = ANY(t.guids) DESC, made_at <= t.returned_at DESC,
                     CASE WHEN made_at <= t.returned_at THEN -version ELSE version END, id
            LIMIT 1) d
     WHERE t.kind = '625'
), said AS (
    SELECT buyer_id, document_id, bool_or(sent) AS sent, max(mark COLLATE "C") AS mark,
           (array_agg(status ORDER BY mark COLLATE "C" DESC))[1] AS status,
           (array_agg(verdict ORDER BY mark COLLATE "C" DESC))[1] AS verdict
      FROM found GROUP BY buyer_id, document_id
), judged AS (
    SELECT a.id, a.buyer_id, s.sent, s.mark > a.mark COLLATE "C" AS newer, s.mark, s.status, s.verdict,
           CASE WHEN s.mark > a.mark COLLATE "C" THEN s.verdict ELSE a.verdict END AS next
      FROM customs_application a JOIN said s ON s.buyer_id = a.buyer_id AND s.document_id = a.document_id
)
UPDATE customs_application a
   SET sent = a.sent OR j.sent, mark = CASE WHEN j.newer THEN j.mark ELSE a.mark END,
       status = CASE WHEN j.newer THEN j.status ELSE a.status END, verdict = j.next,
       ask_at = CASE WHEN j.next IN ('done', 'refused') THEN NULL ELSE %(ask_at)s END
  FROM judged j WHERE a.buyer_id = j.buyer_id AND a.id = j.id
RETURNING a.buyer_id, a.return_id, j.newer AND j.next IN ('done', 'refused') AS decided, j.next = 'done' AS accepted,
          a.booked
