-- Returns whose books do not agree. Rules: events numbered 1 to n; units taken of a line = units of the returns that
-- stand (once counted: those that came) and of what was paid for and kept; units priced and taxed no more than those.
WITH gone AS (
    SELECT r.buyer_id, r.parcel_id, l.line_id,
           sum(CASE WHEN r.state IN ('arrived', 'completed') THEN l.sound + l.spoiled ELSE l.quantity END) AS taken,
           sum(CASE WHEN r.state = 'completed' THEN l.sound + l.spoiled ELSE 0 END) AS came,
           sum(CASE WHEN r.state = 'completed' THEN l.sound ELSE 0 END) AS sound
      FROM returns_return r JOIN returns_line l ON l.buyer_id = r.buyer_id AND l.of_id = r.id
     WHERE r.state NOT IN ('refused', 'withdrawn')
     GROUP BY r.buyer_id, r.parcel_id, l.line_id
    UNION ALL
    SELECT buyer_id, parcel_id, line_id, sum(units), sum(units), sum(units)
      FROM returns_kept GROUP BY buyer_id, parcel_id, line_id
), standing AS (
    SELECT buyer_id, parcel_id, line_id, sum(taken) AS taken, sum(came) AS came, sum(sound) AS sound
      FROM gone GROUP BY buyer_id, parcel_id, line_id
)
SELECT 'events' AS rule, r.id FROM returns_return r
  LEFT JOIN (SELECT buyer_id, of_id, count(*) AS n, max(sequence) AS last FROM returns_event GROUP BY buyer_id, of_id) e
    ON e.buyer_id = r.buyer_id AND e.of_id = r.id
 WHERE e.n IS DISTINCT FROM r.sequence OR e.last IS DISTINCT FROM r.sequence
UNION ALL
SELECT 'taken', b.line_id FROM returns_book b
  LEFT JOIN standing s ON s.buyer_id = b.buyer_id AND s.parcel_id = b.parcel_id AND s.line_id = b.line_id
 WHERE b.taken <> coalesce(s.taken, 0)
UNION ALL
SELECT 'given_back', b.line_id FROM returns_book b
  LEFT JOIN standing s ON s.buyer_id = b.buyer_id AND s.parcel_id = b.parcel_id AND s.line_id = b.line_id
 WHERE b.priced > coalesce(s.came, 0) OR b.taxed > coalesce(s.sound, 0)
 ORDER BY 1, 2
