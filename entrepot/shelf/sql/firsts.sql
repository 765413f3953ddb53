-- The first product of each of several categories in the shop's own order. Parameters: storefront_id, language,
-- categories (slugs).
SELECT c.slug, e.product_id, e.slug, e.titles->>%(language)s, e.brand_names->>%(language)s, e.brand_slug, e.origin,
       e.image, e.price_minor, e.was_minor, e.tax_minor, e.currency, e.kinds, e.in_stock, e.variants
  FROM unnest(%(categories)s::text[]) AS c (slug)
 CROSS JOIN LATERAL (
    SELECT p.product_id FROM shelf_place p WHERE p.storefront_id = %(storefront_id)s AND p.category = c.slug
     ORDER BY p.in_stock DESC, p.rank DESC, p.product_id LIMIT 1) AS first
  JOIN shelf_entry e ON e.storefront_id = %(storefront_id)s AND e.product_id = first.product_id
