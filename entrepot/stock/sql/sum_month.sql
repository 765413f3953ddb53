-- The closings of a month together. Parameters: base (fresh UUID, numbered in its last eight hex digits), month.
INSERT INTO stock_closingsum (id, month, warehouse_id, currency, units, value)
SELECT overlay(%(base)s::text PLACING lpad(to_hex(row_number() OVER ()), 8, '0') FROM 29)::uuid, %(month)s, warehouse_id,
       currency, units, value
  FROM (SELECT l.warehouse_id, o.currency, sum(k.units) AS units, sum(k.value) AS value
          FROM stock_closing k JOIN stock_level l ON l.id = k.level_id
          JOIN stock_lot o ON o.id = l.lot_id
         WHERE k.month = %(month)s GROUP BY l.warehouse_id, o.currency) s
