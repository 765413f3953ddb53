-- What is on gate passes. Parameters: ids. Rows: one for each that carries anything.
SELECT d.pass_id, count(*)::int AS lists, count(*) FILTER (WHERE d.state <> 'released' OR d.stays_at IS NOT NULL)::int AS stopped,
       coalesce(sum((d.booked ->> 'gross_g')::bigint), 0)::bigint AS gross_g,
       coalesce(sum((d.booked ->> 'net_g')::bigint), 0)::bigint AS net_g
  FROM customs_declaration d WHERE d.pass_id = ANY(%(ids)s::uuid[])
 GROUP BY d.pass_id
