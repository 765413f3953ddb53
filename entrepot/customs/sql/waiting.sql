-- How many declarations of each state were made in each span: ids grow with time, and the index by state ends in them.
-- Parameters: states, since and before (ids, one pair for each span). One row for each state and span.
SELECT s.state, b.n::int, (SELECT count(*)::int FROM customs_declaration d
                            WHERE d.state = s.state AND d.id >= b.since AND d.id < b.before) AS count
  FROM unnest(%(states)s::text[]) AS s(state),
       unnest(%(since)s::uuid[], %(before)s::uuid[]) WITH ORDINALITY AS b(since, before, n)
 ORDER BY s.state, b.n
