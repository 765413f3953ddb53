-- Total and facets of one list: each facet is counted under all filters but its own.
-- Parameters: storefront_id, bounds (lower bounds of the price bands), brands (chosen), brands_max, and the filters'.
WITH base AS MATERIALIZED (
    SELECT p.brand_slug, p.origin, p.kinds, p.price_minor,
           {brand} AS b, {origin} AS o, {warehouse} AS w, {price} AS r
      FROM {source}
), brand AS MATERIALIZED (
    SELECT brand_slug, count(*) AS n FROM base WHERE o AND w AND r GROUP BY 1
), kinds AS MATERIALIZED (
    SELECT kinds, count(*) AS n FROM base WHERE b AND o AND r GROUP BY 1
)
SELECT 'total' AS facet, '' AS value, NULL::jsonb AS names, count(*) AS n FROM base WHERE b AND o AND w AND r
UNION ALL
SELECT 'brand', s.brand_slug,
       (SELECT e.brand_names FROM shelf_entry e
         WHERE e.storefront_id = %(storefront_id)s AND e.brand_slug = s.brand_slug LIMIT 1),
       coalesce(brand.n, 0)
  FROM ((SELECT brand_slug FROM brand ORDER BY n DESC, brand_slug LIMIT %(brands_max)s)
        UNION SELECT unnest(%(brands)s::text[])) AS s (brand_slug) LEFT JOIN brand USING (brand_slug)
UNION ALL
SELECT 'origin', origin, NULL, count(*) FROM base WHERE b AND w AND r GROUP BY 2
UNION ALL
SELECT 'price', width_bucket(price_minor, %(bounds)s::bigint[])::text, NULL, count(*)
  FROM base WHERE b AND o AND w GROUP BY 2
UNION ALL
SELECT 'warehouse', kind.name, NULL, coalesce(sum(kinds.n), 0)::bigint
  FROM (VALUES ('bonded', 1), ('overseas', 2), ('domestic', 4)) AS kind (name, bit)
  LEFT JOIN kinds ON kinds.kinds & kind.bit > 0 GROUP BY 2
