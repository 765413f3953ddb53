-- Take back what a run laid on lots: the same rows with the signs turned, in key order, and the sums with them. Parameters:
-- base, landed_base (fresh UUIDs, numbered in their last eight hex digits), run_id, at. Rows: entries.
WITH back AS (
    INSERT INTO stock_lotcost (id, sku_id, lot_id, run_id, charge_id, kind, paid_minor, paid_currency, amount_minor,
                               currency, rate, source, units, unit_amount, stock_minor, sold_minor, lost_minor, reverses,
                               at)
    SELECT overlay(%(base)s::text PLACING lpad(to_hex(row_number() OVER (ORDER BY sku_id, lot_id)), 8, '0') FROM 29)::uuid,
           sku_id, lot_id, run_id, charge_id, kind, -paid_minor, paid_currency, -amount_minor, currency, rate, source,
           units, -unit_amount, -stock_minor, -sold_minor, -lost_minor, id, %(at)s
      FROM stock_lotcost WHERE run_id = %(run_id)s AND reverses IS NULL
     ORDER BY sku_id, lot_id
    RETURNING sku_id, lot_id, unit_amount
), landed AS (
    INSERT INTO stock_lotlanded AS l (id, sku_id, lot_id, unit_amount)
    SELECT overlay(%(landed_base)s::text PLACING lpad(to_hex(row_number() OVER ()), 8, '0') FROM 29)::uuid, sku_id, lot_id,
           amount
      FROM (SELECT sku_id, lot_id, sum(unit_amount) AS amount FROM back GROUP BY sku_id, lot_id ORDER BY sku_id, lot_id) s
        ON CONFLICT (sku_id, lot_id) DO UPDATE SET unit_amount = l.unit_amount + EXCLUDED.unit_amount
)
SELECT count(*)::int AS entries FROM back
