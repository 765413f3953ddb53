-- End escalations of what has moved on. Parameters: at, batch. The row count says how many.
WITH moved AS (
    SELECT e.id FROM customs_escalation e
     WHERE e.ended_at IS NULL AND NOT CASE e.kind
           WHEN '179' THEN EXISTS (SELECT 1 FROM customs_datarequest r WHERE r.buyer_id = e.buyer_id
                                      AND r.id = e.subject_id AND r.state <> 'taken')
           WHEN '625' THEN CASE e.state WHEN 'refused' THEN EXISTS (
               SELECT 1 FROM customs_declaration d CROSS JOIN LATERAL (
-- include customs/stays
               ) y
                WHERE d.buyer_id = e.buyer_id AND d.parcel_id = e.parcel_id AND d.stays_at IS NOT NULL
                  AND d.stay_settled_at IS NULL AND y.subject_id = e.subject_id)
               ELSE EXISTS (SELECT 1 FROM customs_application a WHERE a.buyer_id = e.buyer_id
                             AND a.document_id = e.subject_id AND a.verdict NOT IN ('done', 'refused')) END
           WHEN '711' THEN EXISTS (SELECT 1 FROM customs_deliverymessage m JOIN customs_delivery d ON d.id = m.delivery_id
                                    WHERE m.id = e.subject_id AND m.version = d.version
                                      AND CASE e.state WHEN 'held' THEN d.verdict IN ('refused', 'stopped')
                                          ELSE d.verdict NOT IN ('taken', 'done', 'refused', 'stopped') END)
           ELSE EXISTS (
               SELECT 1 FROM customs_declaration d CROSS JOIN LATERAL (SELECT e.kind) AS k(kind)
                WHERE d.buyer_id = e.buyer_id AND d.parcel_id = e.parcel_id AND d.state = e.state
                  AND (d.standing -> k.kind ->> 'document')::uuid = e.subject_id AND d.since <= e.since
                  AND (d.quiet_until IS NULL OR d.quiet_until <= %(at)s) AND
-- include customs/stuck
           ) END
     ORDER BY e.level, e.since
     LIMIT %(batch)s
)
UPDATE customs_escalation e SET ended_at = %(at)s FROM moved m WHERE e.id = m.id
