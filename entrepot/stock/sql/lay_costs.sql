-- Write shares of charges on lots, and raise what a unit of each lot cost beyond its price by them. Lots come in key order:
-- rows that stand side by side in the indexes are written one after the other, and two runs never wait crosswise.
-- Parameters: base, landed_base (fresh UUIDs, numbered in their last eight hex digits), run_id, at; by share: sku_ids,
-- lot_ids, units, places (of the charge, from 1), paids, amounts, stocks, solds, losts; by charge: charge_ids, kinds,
-- paid_currencies, currencies, scales (minor units in one of the lots' currency), rates, sources.
WITH charge AS (
    SELECT * FROM unnest(%(charge_ids)s::uuid[], %(kinds)s::text[], %(paid_currencies)s::text[], %(currencies)s::text[],
                         %(scales)s::numeric[], %(rates)s::numeric[], %(sources)s::text[])
           WITH ORDINALITY AS c(id, kind, paid_currency, currency, scale, rate, source, place)
), laid AS (
    INSERT INTO stock_lotcost (id, sku_id, lot_id, run_id, charge_id, kind, paid_minor, paid_currency, amount_minor,
                               currency, rate, source, units, unit_amount, stock_minor, sold_minor, lost_minor, reverses,
                               at)
    SELECT overlay(%(base)s::text PLACING lpad(to_hex(n), 8, '0') FROM 29)::uuid, sku_id, lot_id, %(run_id)s, c.id, c.kind,
           paid, c.paid_currency, amount, c.currency, c.rate, c.source, units, round(amount::numeric(30, 15) / c.scale / units, 12),
           stock, sold, lost, NULL, %(at)s
      FROM unnest(%(sku_ids)s::uuid[], %(lot_ids)s::uuid[], %(units)s::int[], %(places)s::int[], %(paids)s::bigint[],
                  %(amounts)s::bigint[], %(stocks)s::bigint[], %(solds)s::bigint[], %(losts)s::bigint[])
           WITH ORDINALITY AS s(sku_id, lot_id, units, place, paid, amount, stock, sold, lost, n)
      JOIN charge c USING (place)
     ORDER BY n
    RETURNING sku_id, lot_id, unit_amount
)
INSERT INTO stock_lotlanded AS l (id, sku_id, lot_id, unit_amount)
SELECT overlay(%(landed_base)s::text PLACING lpad(to_hex(row_number() OVER ()), 8, '0') FROM 29)::uuid, sku_id, lot_id,
       amount
  FROM (SELECT sku_id, lot_id, sum(unit_amount) AS amount FROM laid GROUP BY sku_id, lot_id ORDER BY sku_id, lot_id) s
    ON CONFLICT (sku_id, lot_id) DO UPDATE SET unit_amount = l.unit_amount + EXCLUDED.unit_amount
