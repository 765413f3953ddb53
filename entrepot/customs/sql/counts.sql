-- How many declarations are in each state, counted up to `most`. Parameters: states, most.
SELECT s.state, (SELECT count(*)::int FROM (
           SELECT 1 FROM customs_declaration d WHERE d.state = s.state LIMIT %(most)s) one) AS count
  FROM unnest(%(states)s::text[]) AS s(state)
