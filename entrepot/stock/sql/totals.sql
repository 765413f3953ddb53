-- What our goods were worth at a moment that no closing was written for, by warehouse and currency: the closing before, and
-- what they gained since. Parameters: before (the closing's day, NULL for none), since (when it ended), until (the moment).
WITH
-- include stock/gained
SELECT warehouse_id, currency, sum(units)::bigint AS units, sum(value) AS value
  FROM (SELECT warehouse_id, currency, units, value FROM stock_closing WHERE day = %(before)s
        UNION ALL
        SELECT warehouse_id, currency, units, value FROM gained) s
 GROUP BY warehouse_id, currency HAVING sum(units) <> 0 OR sum(value) <> 0
 ORDER BY warehouse_id, currency
