-- Insert or change products by slug; says which rows were new or really changed. Pictures are not touched.
INSERT INTO catalogue_product AS p (
    id, slug, brand_id, product_type_id, titles, descriptions, attributes, category_ids, images, active,
    created_at, changed_at
)
SELECT
    d.id, d.slug, d.brand_id, d.product_type_id, d.titles, d.descriptions, d.attributes, d.category_ids, '{}', d.active,
    %(now)s, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d (
    id uuid, slug text, brand_id uuid, product_type_id uuid, titles jsonb, descriptions jsonb, attributes jsonb,
    category_ids uuid[], active boolean
)
ORDER BY d.slug
ON CONFLICT (slug) DO UPDATE SET
    brand_id = excluded.brand_id, product_type_id = excluded.product_type_id, titles = excluded.titles,
    descriptions = excluded.descriptions, attributes = excluded.attributes, category_ids = excluded.category_ids,
    active = excluded.active, changed_at = excluded.changed_at
WHERE (p.brand_id, p.product_type_id, p.titles, p.descriptions, p.attributes, p.category_ids, p.active)
    IS DISTINCT FROM (excluded.brand_id, excluded.product_type_id, excluded.titles, excluded.descriptions,
                      excluded.attributes, excluded.category_ids, excluded.active)
RETURNING p.id
