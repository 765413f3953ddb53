-- Bring the places of changed entries in step with them: the whole shop ('') and each category. One statement.
-- Parameters: storefront_id, product_ids, ids (at least as many as places: taken in order).
WITH wanted AS (
    SELECT e.storefront_id, c.category, e.product_id, e.brand_slug, e.origin, e.price_minor, e.kinds, e.in_stock,
           e.rank, e.listed_at
      FROM shelf_entry e CROSS JOIN LATERAL unnest(ARRAY[''] || e.categories::text[]) AS c (category)
     WHERE e.storefront_id = %(storefront_id)s AND e.product_id = ANY(%(product_ids)s::uuid[])
), gone AS (
    DELETE FROM shelf_place p
     WHERE p.storefront_id = %(storefront_id)s AND p.product_id = ANY(%(product_ids)s::uuid[])
       AND NOT EXISTS (SELECT FROM wanted w WHERE w.product_id = p.product_id AND w.category = p.category)
)
INSERT INTO shelf_place AS p (id, storefront_id, category, product_id, brand_slug, origin, price_minor, kinds, in_stock,
                              rank, listed_at)
SELECT (%(ids)s::uuid[])[row_number() OVER ()], w.* FROM wanted w
    ON CONFLICT (storefront_id, product_id, category) DO UPDATE
   SET brand_slug = excluded.brand_slug, origin = excluded.origin, price_minor = excluded.price_minor,
       kinds = excluded.kinds, in_stock = excluded.in_stock, rank = excluded.rank, listed_at = excluded.listed_at
 WHERE (p.brand_slug, p.origin, p.price_minor, p.kinds, p.in_stock, p.rank, p.listed_at)
       IS DISTINCT FROM (excluded.brand_slug, excluded.origin, excluded.price_minor, excluded.kinds,
                         excluded.in_stock, excluded.rank, excluded.listed_at)
