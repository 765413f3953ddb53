-- Total and facets of one list: each facet is counted under all filters but its own. Equal rows are counted together
-- first, so the facets run over a few hundred groups instead of all products.
-- Parameters: storefront_id, bounds (lower bounds of the price bands), brands (chosen), brands_max, and the filters'.
WITH alike AS MATERIALIZED (
    SELECT p.brand_slug, p.origin, p.kinds, width_bucket(p.price_minor, %(bounds)s::bigint[]) AS band, {price} AS r,
           count(*) AS n
      FROM {source} GROUP BY 1, 2, 3, 4, 5
), base AS MATERIALIZED (
    SELECT p.*, {brand} AS b, {origin} AS o, {warehouse} AS w FROM alike p
), brand AS MATERIALIZED (
    SELECT brand_slug, sum(n)::bigint AS n FROM base WHERE o AND w AND r GROUP BY 1
)
SELECT 'total' AS facet, '' AS value, NULL::jsonb AS names, coalesce(sum(n), 0)::bigint AS n
  FROM base WHERE b AND o AND w AND r
UNION ALL
SELECT 'brand', s.brand_slug,
       (SELECT e.brand_names FROM shelf_entry e
         WHERE e.storefront_id = %(storefront_id)s AND e.brand_slug = s.brand_slug LIMIT 1),
       coalesce(brand.n, 0)
  FROM ((SELECT brand_slug FROM brand ORDER BY n DESC, brand_slug LIMIT %(brands_max)s)
        UNION SELECT unnest(%(brands)s::text[])) AS s (brand_slug) LEFT JOIN brand USING (brand_slug)
UNION ALL
SELECT 'origin', origin, NULL, sum(n)::bigint FROM base WHERE b AND w AND r GROUP BY 2
UNION ALL
SELECT 'price', band::text, NULL, sum(n)::bigint FROM base WHERE b AND o AND w GROUP BY 2
UNION ALL
SELECT 'warehouse', kind.name, NULL, coalesce(sum(base.n), 0)::bigint
  FROM (VALUES ('bonded', 1), ('overseas', 2), ('domestic', 4)) AS kind (name, bit)
  LEFT JOIN base ON base.kinds & kind.bit > 0 AND base.b AND base.o AND base.r GROUP BY 2
