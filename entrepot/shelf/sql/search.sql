-- One page of what has the words, in the order of `selectors.search`: first which products, then their cards.
-- Parameters: storefront_id, language, limit, offset, wanted (tsquery), and those of the order and of the filters.
SELECT e.product_id, e.slug, e.titles->>%(language)s, e.brand_names->>%(language)s, e.brand_slug, e.origin, e.image,
       e.price_minor, e.was_minor, e.tax_minor, e.currency, e.kinds, e.in_stock, e.variants
  FROM (SELECT ids.id, row_number() OVER () AS position
          FROM (SELECT p.id FROM shelf_entry p
                 WHERE p.storefront_id = %(storefront_id)s AND p.lexemes @@ %(wanted)s::tsquery {filters}
                 ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s) AS ids) AS page
  JOIN shelf_entry e ON e.id = page.id
 ORDER BY page.position
