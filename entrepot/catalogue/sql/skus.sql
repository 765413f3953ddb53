-- SKUs with what their titles are made of.
SELECT
    s.id, s.product_id, p.slug AS product_slug, s.code, s.gtin, s.axes, p.brand_id, s.origin,
    s.net_weight_g, s.gross_weight_g, coalesce(nullif(s.image, ''), p.images[1]) AS image,
    t.code AS product_type, s.active AND p.active AS active, p.titles, b.names AS brand_names,
    b.sell_until
FROM catalogue_sku AS s
JOIN catalogue_product AS p ON p.id = s.product_id
JOIN catalogue_brand AS b ON b.id = p.brand_id
JOIN catalogue_producttype AS t ON t.id = p.product_type_id
