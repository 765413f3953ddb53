-- What receipts and closed orders say of suppliers, of orders sent since a moment. `overdue`: units that should have been
-- here before today. Parameters: supplier_ids, since, today. One row each; none where nothing was sent.
WITH line AS (
    SELECT o.supplier_id, o.id AS order_id, o.state, o.expected_on, l.units, l.received,
           coalesce(sum(r.units), 0) AS came, coalesce(sum(r.units) FILTER (WHERE r.on_time), 0) AS on_time,
           coalesce(sum(r.spoiled), 0) AS spoiled
      FROM procurement_order o
      JOIN procurement_line l ON l.order_id = o.id
      LEFT JOIN procurement_receipt r ON r.line_id = l.id
     WHERE o.supplier_id = ANY(%(supplier_ids)s::uuid[]) AND o.sent_at >= %(since)s AND o.state <> 'cancelled'
     GROUP BY o.id, l.id
)
SELECT supplier_id, count(DISTINCT order_id)::int AS orders, sum(came)::bigint AS units, sum(on_time)::bigint AS on_time,
       coalesce(sum(greatest(units - received, 0)) FILTER (WHERE state <> 'closed' AND expected_on < %(today)s), 0)::bigint
           AS overdue,
       coalesce(sum(greatest(units - received, 0)) FILTER (WHERE state = 'closed'), 0)::bigint AS missing,
       coalesce(sum(greatest(received - units, 0)) FILTER (WHERE state = 'closed'), 0)::bigint AS beyond,
       sum(spoiled)::bigint AS spoiled, coalesce(sum(units) FILTER (WHERE state = 'closed'), 0)::bigint AS closed_units
  FROM line
 GROUP BY supplier_id
