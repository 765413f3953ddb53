-- What our goods were worth at the end of each of some days, by warehouse and currency: the closing before them, and what
-- they gained day by day. Parameters: base (fresh UUID, numbered in its last eight hex digits), first and last (the days),
-- before (the day of the closing before, NULL for none), since and until (when the first began and the last ended).
WITH
-- include stock/gained
, change AS (
    SELECT day, warehouse_id, currency, sum(units) AS units, sum(value) AS value
      FROM (SELECT %(first)s::date AS day, warehouse_id, currency, units, value FROM stock_closing WHERE day = %(before)s
            UNION ALL
            SELECT greatest(day, %(first)s::date), warehouse_id, currency, units, value FROM gained) s
     GROUP BY day, warehouse_id, currency
), stood AS (
    SELECT d.day::date, p.warehouse_id, p.currency, sum(c.units) OVER so_far AS units, sum(c.value) OVER so_far AS value
      FROM (SELECT DISTINCT warehouse_id, currency FROM change) p
     CROSS JOIN generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS d(day)
      LEFT JOIN change c ON c.day = d.day AND c.warehouse_id = p.warehouse_id AND c.currency = p.currency
    WINDOW so_far AS (PARTITION BY p.warehouse_id, p.currency ORDER BY d.day)
)
INSERT INTO stock_closing (id, day, warehouse_id, currency, units, value)
SELECT overlay(%(base)s::text PLACING lpad(to_hex(row_number() OVER ()), 8, '0') FROM 29)::uuid, day, warehouse_id,
       currency, units, value
  FROM stood WHERE units <> 0 OR value <> 0
