-- What was ordered towards a programme, by day and kind of goods. Parameters as in programme_lines.sql.
WITH
-- include procurement/programme_lines
SELECT day, currency, rate, origin, brand_id, category_ids, sum(minor)::bigint AS minor, count(*)::int AS facts
  FROM counting
 GROUP BY day, currency, rate, origin, brand_id, category_ids
 ORDER BY day, currency, rate, origin, brand_id, category_ids
