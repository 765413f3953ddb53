-- Give back of a released parcel's allowance what returns have brought up to now; a smaller or equal figure changes nothing.
-- The order's row is locked first, as everywhere; the parcel's is locked to be read as it is after that wait, not as it
-- was when the statement began. Parameters: order_id, buyer_id, parcel_id, restored_minor (in all).
WITH head AS MATERIALIZED (
    SELECT id, buyer_id, id_hash, year FROM orders_order
     WHERE buyer_id = %(buyer_id)s AND id = %(order_id)s FOR UPDATE
), back AS MATERIALIZED (
    SELECT p.id, p.buyer_id, coalesce(p.year, h.year) AS year, %(restored_minor)s::bigint - p.restored_minor AS minor
      FROM orders_parcel p JOIN head h ON p.buyer_id = h.buyer_id AND p.order_id = h.id
     WHERE p.id = %(parcel_id)s AND p.state IN ('released', 'shipped', 'delivered')
       AND %(restored_minor)s::bigint BETWEEN p.restored_minor + 1 AND p.allowance_minor
       FOR UPDATE OF p
), parcel AS (
    UPDATE orders_parcel p SET restored_minor = p.restored_minor + b.minor
      FROM back b WHERE p.buyer_id = b.buyer_id AND p.id = b.id
), whole AS (
    UPDATE orders_order o SET allowance_minor = o.allowance_minor - b.minor
      FROM head h, back b WHERE o.buyer_id = h.buyer_id AND o.id = h.id
)
UPDATE orders_annualuse u SET used_minor = u.used_minor - b.minor, committed_minor = u.committed_minor - b.minor
  FROM head h, back b WHERE u.id_hash = h.id_hash AND u.year = b.year
