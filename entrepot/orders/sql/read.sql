-- Whole orders by id or number. Parameters: buyer_id, ids, numbers. One row per order; parcels, lines and events as JSON text in their order.
SELECT o.id, o.buyer_id, o.storefront_id, o.number, o.state, o.currency, o.total_minor, o.real_name_id, o.language,
       o.placed_at, o.pay_until, o.consignee_name, o.consignee_phone, o.consignee_place, o.payment_id, o.wished,
       o.consignee_sealed,
       (SELECT json_agg(p ORDER BY p.position)
          FROM (SELECT id, order_id, buyer_id, position, number, warehouse_id, trade_mode, delivery, state, goods_minor,
                       discount_minor, freight_minor, tax_minor, allowance_minor, asked
                  FROM orders_parcel WHERE buyer_id = o.buyer_id AND order_id = o.id) p)::text AS parcels,
       (SELECT json_agg(l ORDER BY l.number) FROM orders_line l JOIN orders_parcel p
            ON p.buyer_id = l.buyer_id AND p.id = l.parcel_id
         WHERE p.buyer_id = o.buyer_id AND p.order_id = o.id)::text AS lines,
       (SELECT json_agg(e ORDER BY e.sequence) FROM orders_event e
         WHERE e.buyer_id = o.buyer_id AND e.order_id = o.id)::text AS events
  FROM orders_order o
 WHERE o.buyer_id = %(buyer_id)s AND (o.id = ANY(%(ids)s::uuid[]) OR o.number = ANY(%(numbers)s::text[]))
