-- What does not agree with what it is the sum or the image of: {rule, id}. No row is right.
SELECT 'received' AS rule, l.id
  FROM procurement_line l
 WHERE l.received <> (SELECT coalesce(sum(r.units), 0) FROM procurement_receipt r WHERE r.line_id = l.id)
UNION ALL
SELECT 'paid', o.id
  FROM procurement_order o
 WHERE o.paid_minor <> (SELECT coalesce(sum(p.amount_minor), 0) FROM procurement_payment p WHERE p.order_id = o.id)
UNION ALL
SELECT 'total', o.id
  FROM procurement_order o
 WHERE o.version > 0
   AND o.total_minor <> (SELECT coalesce(sum(l.amount_minor), 0) FROM procurement_line l WHERE l.order_id = o.id)
UNION ALL
SELECT 'version', o.id
  FROM procurement_order o
 WHERE o.version > 0
   AND NOT EXISTS (
        SELECT FROM procurement_version v WHERE v.order_id = o.id AND v.number = o.version AND v.state = 'approved'
   )
UNION ALL
SELECT 'approvals', v.order_id
  FROM procurement_event v
 WHERE v.kind = 'approved'
 GROUP BY v.order_id, v.note
HAVING count(*) > 1
UNION ALL
SELECT 'draft', o.id
  FROM procurement_order o
 WHERE o.amending <> EXISTS (SELECT FROM procurement_version v WHERE v.order_id = o.id AND v.state = 'draft')
UNION ALL
SELECT 'overpaid', o.id FROM procurement_order o WHERE o.paid_minor > o.total_minor
UNION ALL
SELECT 'dues', o.id
  FROM procurement_order o
  JOIN (SELECT order_id, sum(amount_minor) AS amount, sum(paid_minor) AS paid FROM procurement_due GROUP BY 1) d
    ON d.order_id = o.id
 WHERE d.paid <> least(o.paid_minor, d.amount) OR d.amount > o.total_minor
    OR (o.state <> 'closed' AND d.amount <> o.total_minor) OR o.version = 0 OR o.state = 'cancelled'
