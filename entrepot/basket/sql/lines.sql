-- Baskets in the order things were put in. Parameters: buyer_ids and storefront_ids, side by side.
SELECT l.buyer_id, l.storefront_id, l.sku_id, l.quantity
  FROM unnest(%(buyer_ids)s::uuid[], %(storefront_ids)s::uuid[]) AS w(buyer_id, storefront_id)
  JOIN basket_line l ON l.buyer_id = w.buyer_id AND l.storefront_id = w.storefront_id
 ORDER BY l.added_at, l.id
