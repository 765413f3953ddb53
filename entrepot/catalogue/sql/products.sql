-- Products with brand, type and the type's data sheet.
SELECT
    p.id, p.slug, p.titles, p.descriptions, p.attributes, p.category_ids, p.images, p.active,
    b.id AS brand_id, b.slug AS brand_slug, b.names AS brand_names, b.country AS brand_country,
    t.code AS product_type,
    (
        SELECT jsonb_agg(
            jsonb_build_object(
                'code', a.code, 'labels', a.labels, 'kind', a.kind, 'unit', a.unit, 'choices', a.choices
            ) ORDER BY a.rank, a.code
        )
        FROM catalogue_attributedefinition AS a
        WHERE a.product_type_id = p.product_type_id AND p.attributes ? a.code
    ) AS sheet
FROM catalogue_product AS p
JOIN catalogue_brand AS b ON b.id = p.brand_id
JOIN catalogue_producttype AS t ON t.id = p.product_type_id
