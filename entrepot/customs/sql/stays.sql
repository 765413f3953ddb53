           -- what a released list whose goods stay (declaration d) waits for: somebody who asks again after a no, or at all
           SELECT coalesce(a.document_id, d.id) AS subject_id, CASE WHEN a.id IS NULL THEN d.stays_at ELSE
                      (SELECT min(r.received_at) FROM customs_receipt r
                        WHERE r.buyer_id = a.buyer_id AND r.document_id = a.document_id AND r.mark = a.mark) END AS since
             FROM (VALUES (1)) one LEFT JOIN customs_application a ON a.buyer_id = d.buyer_id AND a.return_id = d.id
            WHERE a.id IS NULL OR a.verdict = 'refused'
