-- Raise what has stood still for too long: once for each document and level, in each state that it came to. The cost is that
-- of what is under way and old, not of what was ever declared. Parameters: rules (jsonb: state, kind, level, before), at,
-- ids (of the rows to make: their number is the most that one call raises). Rows: those raised.
WITH rule AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(rules)s::jsonb) AS r(state text, kind text, level int, before timestamptz)
), stuck AS (
    SELECT d.buyer_id, d.order_id, d.parcel_id, d.order_number, c.id AS subject_id, k.kind, d.state,
           greatest(d.since, c.made_at) AS since
      FROM (SELECT state, max(before) AS before FROM rule GROUP BY state) s
      JOIN customs_declaration d ON d.state = s.state AND d.since <= s.before
     CROSS JOIN unnest(ARRAY['311', '411', '511', '621', '623']) AS k(kind)
      JOIN customs_document c ON c.buyer_id = d.buyer_id AND c.id = (d.standing -> k.kind ->> 'document')::uuid
     WHERE d.state IN ('draft', 'matching', 'listed', 'held') AND (d.quiet_until IS NULL OR d.quiet_until <= %(at)s) AND
-- include customs/stuck
    UNION ALL
    SELECT a.buyer_id, d.order_id, d.parcel_id, d.order_number, c.id, '625', 'applied', c.made_at
      FROM customs_application a
      JOIN customs_document c ON c.buyer_id = a.buyer_id AND c.id = a.document_id
      JOIN customs_declaration d ON d.buyer_id = a.buyer_id AND d.id = c.declaration_id
     WHERE a.ask_at IS NOT NULL AND a.verdict NOT IN ('done', 'refused')
    UNION ALL
    SELECT d.buyer_id, d.order_id, d.parcel_id, d.order_number, y.subject_id, '625', 'refused', y.since
      FROM customs_declaration d CROSS JOIN LATERAL (
-- include customs/stays
           ) y
     WHERE d.stays_at IS NOT NULL AND d.stay_settled_at IS NULL
    UNION ALL
    SELECT r.buyer_id, r.order_id, NULL, r.order_number, r.id, '179', 'asked', r.asked_at
      FROM customs_datarequest r
     WHERE r.state <> 'taken'
    UNION ALL  -- belongs to no buyer
    SELECT '00000000-0000-0000-0000-000000000000', d.id, NULL, d.number, m.id, '711', s.state,
           CASE s.state WHEN 'told' THEN m.made_at ELSE
               (SELECT max(a.received_at) FROM customs_deliveryanswer a WHERE a.message_id = m.id) END
      FROM customs_delivery d JOIN customs_deliverymessage m ON m.delivery_id = d.id AND m.version = d.version,
           LATERAL (SELECT CASE WHEN d.verdict IN ('refused', 'stopped') THEN 'held' ELSE 'told' END AS state) s
     WHERE d.verdict NOT IN ('taken', 'done')
), due AS (
    SELECT s.*, r.level, row_number() OVER (ORDER BY s.since, s.subject_id, r.level) AS nth
      FROM stuck s JOIN rule r ON r.state = s.state AND r.kind = s.kind AND s.since <= r.before
     WHERE NOT EXISTS (SELECT 1 FROM customs_escalation e
                        WHERE e.buyer_id = s.buyer_id AND e.subject_id = s.subject_id AND e.level = r.level
                          AND e.since = s.since)
     ORDER BY s.since, s.subject_id, r.level
     LIMIT cardinality(%(ids)s::uuid[])
)
INSERT INTO customs_escalation (id, buyer_id, order_id, parcel_id, order_number, subject_id, kind, state, level, since,
                                raised_at, told_at, acknowledged_by, note)
SELECT (%(ids)s::uuid[])[nth], buyer_id, order_id, parcel_id, order_number, subject_id, kind, state, level, since, %(at)s,
       %(at)s, '', ''
  FROM due
    ON CONFLICT (buyer_id, subject_id, level, since) DO NOTHING
RETURNING id, level
