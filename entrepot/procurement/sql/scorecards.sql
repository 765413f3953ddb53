-- What receipts and closed orders say of suppliers, of orders sent since a moment. `overdue`: units that should have been
-- here before today. Parameters: supplier_ids, since, today. One row each; none where nothing was sent. Order by order:
-- left to itself, the planner reads every line there is for a page of suppliers.
SELECT o.supplier_id, count(*)::int AS orders, coalesce(sum(r.units), 0)::bigint AS units,
       coalesce(sum(r.on_time), 0)::bigint AS on_time, coalesce(sum(r.spoiled), 0)::bigint AS spoiled,
       coalesce(sum(l.short) FILTER (WHERE o.state <> 'closed'), 0)::bigint AS overdue,
       coalesce(sum(l.short) FILTER (WHERE o.state = 'closed'), 0)::bigint AS missing,
       coalesce(sum(l.beyond) FILTER (WHERE o.state = 'closed'), 0)::bigint AS beyond,
       coalesce(sum(l.units) FILTER (WHERE o.state = 'closed'), 0)::bigint AS closed_units
  FROM procurement_order o
 CROSS JOIN LATERAL (
       SELECT sum(units) AS units, sum(units) FILTER (WHERE on_time) AS on_time, sum(spoiled) AS spoiled
         FROM procurement_receipt WHERE order_id = o.id) r
 CROSS JOIN LATERAL (
       SELECT sum(greatest(units - received, 0)) AS short, sum(greatest(received - units, 0)) AS beyond, sum(units) AS units
         FROM procurement_line WHERE order_id = o.id AND (o.state = 'closed' OR o.expected_on < %(today)s)) l
 WHERE o.supplier_id = ANY(%(supplier_ids)s::uuid[]) AND o.sent_at >= %(since)s AND o.state <> 'cancelled'
 GROUP BY o.supplier_id
