-- Cards by product. Parameters: storefront_id, language, product_ids.
SELECT e.product_id, e.slug, e.titles->>%(language)s, e.brand_names->>%(language)s, e.brand_slug, e.origin, e.image,
       e.price_minor, e.was_minor, e.tax_minor, e.currency, e.kinds, e.in_stock, e.variants
  FROM shelf_entry e
 WHERE e.storefront_id = %(storefront_id)s AND e.product_id = ANY(%(product_ids)s::uuid[])
