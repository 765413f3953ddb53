-- One page of what has the words, in the order of `selectors.search`. Parameters: storefront_id, language, limit, offset,
-- wanted (tsquery), and those of the order and of the filters.
SELECT p.product_id, p.slug, p.titles->>%(language)s, p.brand_names->>%(language)s, p.brand_slug, p.origin, p.image,
       p.price_minor, p.was_minor, p.tax_minor, p.currency, p.kinds, p.in_stock, p.variants
  FROM shelf_entry p
 WHERE p.storefront_id = %(storefront_id)s AND p.lexemes @@ %(wanted)s::tsquery {filters}
 ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
