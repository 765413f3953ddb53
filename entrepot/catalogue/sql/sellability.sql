-- What decides whether a SKU can be sold into a jurisdiction on a day.
SELECT
    s.id, s.active AND p.active AS active, s.origin, s.net_weight_g, s.gross_weight_g,
    coalesce(b.sell_until > %(on)s, true) AS authorised,
    EXISTS (
        SELECT 1 FROM catalogue_classification AS c
        WHERE c.sku_id = s.id AND c.jurisdiction = %(jurisdiction)s
            AND c.valid_from <= %(on)s AND (c.valid_to IS NULL OR c.valid_to > %(on)s)
    ) AS classified
FROM catalogue_sku AS s
JOIN catalogue_product AS p ON p.id = s.product_id
JOIN catalogue_brand AS b ON b.id = p.brand_id
WHERE s.id = ANY(%(sku_ids)s)
