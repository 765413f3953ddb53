-- What was counted so far, by article, lot and what was said of it. Parameter: receipt_id.
SELECT sku_id, lot, produced_on, expires_on, origin,
       coalesce(sum(units) FILTER (WHERE condition = 'sound'), 0)::int AS sound,
       coalesce(sum(units) FILTER (WHERE condition = 'damaged'), 0)::int AS damaged,
       coalesce(sum(units) FILTER (WHERE condition = 'held'), 0)::int AS held
  FROM receiving_scan
 WHERE receipt_id = %(receipt_id)s
 GROUP BY sku_id, lot, produced_on, expires_on, origin
 ORDER BY sku_id, lot, expires_on, produced_on, origin
