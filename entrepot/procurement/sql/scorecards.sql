-- What receipts and closed orders say of suppliers. Parameter: supplier_ids. One row each; none where nothing was sent.
WITH line AS (
    SELECT o.supplier_id, o.id AS order_id, o.state, l.units, l.received,
           coalesce(sum(r.units), 0) AS came, coalesce(sum(r.units) FILTER (WHERE r.on_time), 0) AS on_time,
           coalesce(sum(r.spoiled), 0) AS spoiled
      FROM procurement_order o
      JOIN procurement_line l ON l.order_id = o.id
      LEFT JOIN procurement_receipt r ON r.line_id = l.id
     WHERE o.supplier_id = ANY(%(supplier_ids)s::uuid[]) AND o.sent_at IS NOT NULL AND o.state <> 'cancelled'
     GROUP BY o.id, l.id
)
SELECT supplier_id, count(DISTINCT order_id)::int AS orders, sum(came)::int AS units, sum(on_time)::int AS on_time,
       coalesce(sum(greatest(units - received, 0)) FILTER (WHERE state = 'closed'), 0)::int AS missing,
       coalesce(sum(greatest(received - units, 0)) FILTER (WHERE state = 'closed'), 0)::int AS beyond,
       sum(spoiled)::int AS spoiled, coalesce(sum(units) FILTER (WHERE state = 'closed'), 0)::int AS closed_units
  FROM line
 GROUP BY supplier_id
