-- Write down what days.sql reckons of some days in China, again where that was done before. Parameters: first, begin, end
-- (as in days.sql), ids (one for each day), at.
WITH
-- include customs/days_of
, every AS (
    SELECT day::date, row_number() OVER (ORDER BY day) AS n
      FROM generate_series((%(begin)s AT TIME ZONE 'Asia/Shanghai')::date,
                           (%(end)s AT TIME ZONE 'Asia/Shanghai')::date - 1, interval '1 day') AS g(day)
)
INSERT INTO customs_dayfigures AS f (id, day, declared, released, median_s, most_s, slowest_s, reckoned_at)
SELECT (%(ids)s::uuid[])[e.n], e.day, coalesce(t.declared, 0), coalesce(t.released, 0), t.median_s, t.most_s, t.slowest_s,
       %(at)s
  FROM every e LEFT JOIN told t ON t.day = e.day
    ON CONFLICT (day) DO UPDATE
   SET declared = excluded.declared, released = excluded.released, median_s = excluded.median_s,
       most_s = excluded.most_s, slowest_s = excluded.slowest_s, reckoned_at = excluded.reckoned_at
