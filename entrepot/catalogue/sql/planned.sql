-- For each new decision: the first day on which a decision already planned for later takes over.
SELECT d.n, min(c.valid_from) AS valid_to
FROM unnest(%(sku_ids)s::uuid[], %(days)s::date[]) WITH ORDINALITY AS d (sku_id, valid_from, n)
JOIN catalogue_classification AS c
    ON c.sku_id = d.sku_id AND c.jurisdiction = %(jurisdiction)s AND c.valid_from > d.valid_from
WHERE NOT EXISTS ( -- a plan that a later decision has covered is no plan any more
    SELECT 1 FROM catalogue_classification AS later
    WHERE later.sku_id = c.sku_id AND later.jurisdiction = c.jurisdiction
        AND (later.decided_at, later.id) > (c.decided_at, c.id)
        AND later.valid_from <= c.valid_from AND (later.valid_to IS NULL OR later.valid_to > c.valid_from)
)
GROUP BY d.n
