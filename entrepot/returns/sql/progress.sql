-- How far order lines have come back: units on their way, counted in, kept and paid for (also by what they were paid for:
-- how their keys begin), paid for in all; of returns that were not back in time and were never sent. Parameters: buyer_ids,
-- line_ids.
SELECT b.line_id, b.priced AS paid, coalesce(r.coming, 0)::int AS coming, coalesce(r.back, 0)::int AS back,
       coalesce(k.kept, 0)::int AS kept, k.kept_for, coalesce(r.lapsed, 0)::int AS lapsed
  FROM returns_book b LEFT JOIN LATERAL (
       SELECT sum(l.quantity) FILTER (WHERE r.state IN ('applied', 'approved')) AS coming,
              sum(l.sound + l.spoiled) FILTER (WHERE r.state IN ('arrived', 'completed')) AS back,
              sum(l.quantity) FILTER (WHERE r.state = 'lapsed' AND r.tracking = '') AS lapsed
         FROM returns_return r JOIN returns_line l ON l.buyer_id = r.buyer_id AND l.of_id = r.id
        WHERE r.buyer_id = b.buyer_id AND r.parcel_id = b.parcel_id AND l.line_id = b.line_id) r ON true
  LEFT JOIN LATERAL (
       SELECT sum(u.units) AS kept, jsonb_object_agg(u.whom, u.units) AS kept_for FROM (
              SELECT split_part(k.key, ':', 1) AS whom, sum(k.units)::int AS units FROM returns_kept k
               WHERE k.buyer_id = b.buyer_id AND k.parcel_id = b.parcel_id AND k.line_id = b.line_id
               GROUP BY 1) u) k ON true
 WHERE b.buyer_id = ANY(%(buyer_ids)s::uuid[]) AND b.line_id = ANY(%(line_ids)s::uuid[])
