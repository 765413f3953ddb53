-- One page of a category or of the whole shop (category ''): the narrow places in order, then the cards of that page.
-- Parameters: storefront_id, category, language, limit, offset and those of the filters.
SELECT e.product_id, e.slug, e.titles->>%(language)s, e.brand_names->>%(language)s, e.brand_slug, e.origin, e.image,
       e.price_minor, e.was_minor, e.tax_minor, e.currency, e.kinds, e.in_stock, e.variants
  FROM (SELECT p.product_id, row_number() OVER (ORDER BY {order}) AS position
          FROM shelf_place p
         WHERE p.storefront_id = %(storefront_id)s AND p.category = %(category)s {filters}
         ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s) AS page
  JOIN shelf_entry e ON e.storefront_id = %(storefront_id)s AND e.product_id = page.product_id
 ORDER BY page.position
