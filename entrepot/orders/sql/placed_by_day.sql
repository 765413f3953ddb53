-- Orders by their day in China, for the back office's chart.
SELECT (placed_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*)::int AS count
  FROM orders_order
 WHERE placed_at >= (%(since)s::date)::timestamp AT TIME ZONE 'Asia/Shanghai'
 GROUP BY 1
