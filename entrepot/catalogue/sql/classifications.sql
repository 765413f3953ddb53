-- The decision in force on a day, per SKU: the latest one whose half-open period holds the day.
SELECT DISTINCT ON (c.sku_id)
    c.sku_id, c.jurisdiction, c.hs_code, c.sales_unit, c.unit1, c.quantity1, c.unit2, c.quantity2,
    c.declared_name, c.model, c.valid_from, c.valid_to, c.decided_by, c.reason
FROM catalogue_classification AS c
WHERE c.sku_id = ANY(%(sku_ids)s) AND c.jurisdiction = %(jurisdiction)s
    AND c.valid_from <= %(on)s AND (c.valid_to IS NULL OR c.valid_to > %(on)s)
ORDER BY c.sku_id, c.decided_at DESC, c.id DESC
