-- Insert or change SKUs by code, inside their product only; says whose product really changed.
INSERT INTO catalogue_sku AS s (
    id, product_id, code, gtin, axes, origin, net_weight_g, gross_weight_g, image, active, created_at, changed_at
)
SELECT
    d.id, d.product_id, d.code, d.gtin, d.axes, d.origin, d.net_weight_g, d.gross_weight_g, '', d.active,
    %(now)s, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d (
    id uuid, product_id uuid, code text, gtin text, axes jsonb, origin text, net_weight_g integer,
    gross_weight_g integer, active boolean
)
ORDER BY d.id -- the order of the list: variants stay as they were given
ON CONFLICT (code) DO UPDATE SET
    gtin = excluded.gtin, axes = excluded.axes, origin = excluded.origin, net_weight_g = excluded.net_weight_g,
    gross_weight_g = excluded.gross_weight_g, active = excluded.active, changed_at = excluded.changed_at
WHERE s.product_id = excluded.product_id
    AND (s.gtin, s.axes, s.origin, s.net_weight_g, s.gross_weight_g, s.active)
    IS DISTINCT FROM (excluded.gtin, excluded.axes, excluded.origin, excluded.net_weight_g,
                      excluded.gross_weight_g, excluded.active)
RETURNING s.product_id
