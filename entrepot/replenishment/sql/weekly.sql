-- Demand by article, place and whole week (Monday first): sold without what was cancelled. The best-selling ones.
WITH wanted AS (
    SELECT article, place, (day - %(first)s) / 7 AS week, sum(units - cancelled)::bigint AS units
      FROM replenishment_dayofsales
     WHERE source = ANY(%(sources)s) AND day >= %(first)s AND day < %(first)s + 7 * %(weeks)s
       AND (%(place)s::text IS NULL OR place = %(place)s) AND (%(articles)s::text[] IS NULL OR article = ANY(%(articles)s))
     GROUP BY article, place, week
)
SELECT article, place, array_agg(week ORDER BY week) AS weeks, array_agg(units ORDER BY week) AS units
  FROM wanted WHERE units > 0
 GROUP BY article, place
 ORDER BY sum(units) DESC, article, place
 LIMIT %(most)s
