-- Insert or change SKUs by code, inside their product only; says whose product really changed.
-- Locks are taken in the order of the codes; then what is switched off goes first, to make room for its successor.
WITH d AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS d (
        id uuid, product_id uuid, code text, gtin text, axes jsonb, origin text, net_weight_g integer,
        gross_weight_g integer, active boolean
    )
), locked AS (
    SELECT k.id FROM catalogue_sku AS k WHERE k.code IN (SELECT d.code FROM d) ORDER BY k.code FOR UPDATE
)
INSERT INTO catalogue_sku AS s (
    id, product_id, code, gtin, axes, origin, net_weight_g, gross_weight_g, image, active, created_at, changed_at
)
SELECT
    d.id, d.product_id, d.code, d.gtin, d.axes, d.origin, d.net_weight_g, d.gross_weight_g, '', d.active,
    %(now)s, %(now)s
FROM d, (SELECT count(*) FROM locked) AS all_locked
ORDER BY d.active, d.code -- the ids keep the order in which the variants were given
ON CONFLICT (code) DO UPDATE SET
    gtin = excluded.gtin, axes = excluded.axes, origin = excluded.origin, net_weight_g = excluded.net_weight_g,
    gross_weight_g = excluded.gross_weight_g, active = excluded.active, changed_at = excluded.changed_at
WHERE s.product_id = excluded.product_id
    AND (s.gtin, s.axes, s.origin, s.net_weight_g, s.gross_weight_g, s.active)
    IS DISTINCT FROM (excluded.gtin, excluded.axes, excluded.origin, excluded.net_weight_g,
                      excluded.gross_weight_g, excluded.active)
RETURNING s.product_id
