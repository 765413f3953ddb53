-- Brands and categories that have products on the shelf, with how many. Parameters: storefront_id.
SELECT 'brand' AS kind, brand_slug AS slug, (array_agg(brand_names))[1] AS names, count(*) AS products
  FROM shelf_entry WHERE storefront_id = %(storefront_id)s GROUP BY brand_slug
UNION ALL
SELECT 'category', category, NULL, count(*)
  FROM shelf_place WHERE storefront_id = %(storefront_id)s AND category <> '' GROUP BY category
