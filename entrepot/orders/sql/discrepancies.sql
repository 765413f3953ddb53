-- Orders whose books do not agree with themselves.
SELECT 'events' AS rule, o.id AS order_id
  FROM orders_order o
 WHERE (SELECT count(*) FILTER (WHERE e.sequence BETWEEN 1 AND o.sequence) FROM orders_event e
         WHERE e.buyer_id = o.buyer_id AND e.order_id = o.id) <> o.sequence
UNION ALL
SELECT 'total', o.id
  FROM orders_order o
 WHERE o.total_minor <> (SELECT sum(p.goods_minor - p.discount_minor + p.freight_minor + p.tax_minor)
                           FROM orders_parcel p WHERE p.buyer_id = o.buyer_id AND p.order_id = o.id)
UNION ALL
SELECT 'parcel', p.order_id
  FROM orders_parcel p
 WHERE (p.goods_minor, p.discount_minor, p.freight_minor, p.tax_minor) <>
       (SELECT sum(l.goods_minor), sum(l.discount_minor), sum(l.freight_minor),
               sum(l.duty_minor + l.excise_minor + l.vat_minor)
          FROM orders_line l WHERE l.buyer_id = p.buyer_id AND l.parcel_id = p.id)
UNION ALL
SELECT 'open', o.id
  FROM orders_order o
 WHERE o.state IN ('paid', 'delivered')
   AND o.parcels_open <> (SELECT count(*) FROM orders_parcel p WHERE p.buyer_id = o.buyer_id AND p.order_id = o.id
                             AND p.state NOT IN ('delivered', 'cancelled'))
UNION ALL
SELECT 'state', o.id
  FROM orders_order o JOIN orders_parcel p ON p.buyer_id = o.buyer_id AND p.order_id = o.id
 WHERE (o.state = 'placed') <> (p.state = 'placed') OR o.state = 'cancelled' AND p.state <> 'cancelled'
    OR o.state = 'delivered' AND p.state NOT IN ('delivered', 'cancelled')
UNION ALL
SELECT 'annual', NULL
  FROM orders_annualuse u
 WHERE (u.used_minor, u.committed_minor) <>
       (SELECT coalesce(sum(p.allowance_minor - p.restored_minor), 0),
               coalesce(sum(p.allowance_minor - p.restored_minor)
                        FILTER (WHERE p.state IN ('released', 'shipped', 'delivered')), 0)
          FROM orders_order o JOIN orders_parcel p ON p.buyer_id = o.buyer_id AND p.order_id = o.id
         WHERE o.id_hash = u.id_hash AND coalesce(p.year, o.year) = u.year AND p.state <> 'cancelled')
    OR u.corrected_minor <> (SELECT coalesce(sum(c.minor), 0) FROM orders_correction c
                              WHERE c.id_hash = u.id_hash AND c.year = u.year AND c.ended_at IS NULL)
UNION ALL
SELECT 'allowance', o.id
  FROM orders_order o
 WHERE o.state <> 'cancelled'
   AND o.allowance_minor <> (SELECT coalesce(sum(p.allowance_minor - p.restored_minor), 0) FROM orders_parcel p
                              WHERE p.buyer_id = o.buyer_id AND p.order_id = o.id AND p.state <> 'cancelled')
UNION ALL
SELECT 'orphan', p.order_id
  FROM orders_parcel p WHERE NOT EXISTS (SELECT 1 FROM orders_order o WHERE o.buyer_id = p.buyer_id AND o.id = p.order_id)
UNION ALL
SELECT 'orphan', e.order_id
  FROM orders_event e WHERE NOT EXISTS (SELECT 1 FROM orders_order o WHERE o.buyer_id = e.buyer_id AND o.id = e.order_id)
UNION ALL
SELECT 'orphan', NULL
  FROM orders_line l WHERE NOT EXISTS (SELECT 1 FROM orders_parcel p WHERE p.buyer_id = l.buyer_id AND p.id = l.parcel_id)
