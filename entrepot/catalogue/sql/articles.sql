-- SKUs with the decision in force on a day (NULLs where there is none). Parameters: ids, codes, jurisdiction, on.
WITH sku AS (
-- include catalogue/skus
    WHERE s.id = ANY(%(ids)s::uuid[]) OR s.code = ANY(%(codes)s::text[])
)
SELECT sku.*, c.*
FROM sku
LEFT JOIN LATERAL (
    SELECT
        d.sku_id, d.jurisdiction, d.hs_code, d.sales_unit, d.unit1, d.quantity1, d.unit2, d.quantity2, d.declared_name,
        d.model, d.valid_from, d.valid_to, d.decided_by, d.reason
    FROM catalogue_classification AS d
    WHERE d.sku_id = sku.id AND d.jurisdiction = %(jurisdiction)s::text
        AND d.valid_from <= %(on)s::date AND (d.valid_to IS NULL OR d.valid_to > %(on)s::date)
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
) AS c ON true
