-- Units of order lines go into a return, if so many are left of each; the books of the lines are locked in key order
-- first. Parameters: buyer_id, parcel_id, ids, line_ids, quantities, units, lock_timeout. One row per line taken.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), wish AS (
    SELECT * FROM unnest(%(line_ids)s::uuid[], %(units)s::int[]) AS w(line_id, units)
), locked AS MATERIALIZED (
    SELECT b.id, b.buyer_id, b.line_id, b.quantity, b.taken
      FROM patience, returns_book b
     WHERE b.buyer_id = %(buyer_id)s AND b.parcel_id = %(parcel_id)s AND b.line_id = ANY(%(line_ids)s::uuid[])
     ORDER BY b.line_id
       FOR UPDATE OF b
)
UPDATE returns_book b SET taken = k.taken + w.units
  FROM locked k JOIN wish w ON w.line_id = k.line_id
 WHERE b.buyer_id = k.buyer_id AND b.id = k.id AND k.taken + w.units <= k.quantity
RETURNING b.line_id
