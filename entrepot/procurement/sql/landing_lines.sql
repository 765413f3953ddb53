-- Write the lots of a landing. Parameters: base (fresh UUID, numbered in its last eight hex digits), of_id, before (lots
-- that are written), sku_ids, lot_ids, lots (their codes), grosses, volumes, hs_codes.
INSERT INTO procurement_landingline (id, of_id, n, sku_id, lot_id, lot, gross_g, volume_ml, hs_code)
SELECT overlay(%(base)s::text PLACING lpad(to_hex(n), 8, '0') FROM 29)::uuid, %(of_id)s, %(before)s + n, sku_id, lot_id, lot,
       gross_g, volume_ml, hs_code
  FROM unnest(%(sku_ids)s::uuid[], %(lot_ids)s::uuid[], %(lots)s::text[], %(grosses)s::int[], %(volumes)s::int[],
              %(hs_codes)s::text[])
       WITH ORDINALITY AS s(sku_id, lot_id, lot, gross_g, volume_ml, hs_code, n)
