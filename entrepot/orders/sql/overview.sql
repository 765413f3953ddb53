-- Orders by their day in China, and parcels by state, for the back office's first page.
SELECT (placed_at AT TIME ZONE 'Asia/Shanghai')::date AS day, NULL AS state, count(*)::int AS count
  FROM orders_order
 WHERE placed_at >= (%(since)s::date)::timestamp AT TIME ZONE 'Asia/Shanghai'
 GROUP BY 1
 UNION ALL
SELECT NULL, state, count(*)::int FROM orders_parcel WHERE state = ANY(%(states)s) GROUP BY state
