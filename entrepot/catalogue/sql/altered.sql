-- Fragment: which rows of the part `basis` that stands before it name an article that is sold no more, or whose price of
-- sending or tax rests on something else now: basis (n, sku_id, origin, net_weight_g, gross_weight_g, sell_until,
-- jurisdiction, day, and what of the decision in force on the day a line takes: hs_code to model).
altered AS (
    SELECT b.n FROM basis b
      LEFT JOIN LATERAL (
           SELECT true AS stands FROM catalogue_sku s
             JOIN catalogue_product p ON p.id = s.product_id JOIN catalogue_brand m ON m.id = p.brand_id
            CROSS JOIN LATERAL (
                  SELECT d.* FROM catalogue_classification d
                   WHERE d.sku_id = s.id AND d.jurisdiction = b.jurisdiction
                     AND d.valid_from <= b.day AND (d.valid_to IS NULL OR d.valid_to > b.day)
                   ORDER BY d.decided_at DESC, d.id DESC LIMIT 1) d
            WHERE s.id = b.sku_id AND s.active AND p.active AND m.sell_until IS NOT DISTINCT FROM b.sell_until
              AND (s.origin, s.net_weight_g, s.gross_weight_g) = (b.origin, b.net_weight_g, b.gross_weight_g)
              AND (d.hs_code, d.sales_unit, d.unit1, d.quantity1) = (b.hs_code, b.sales_unit, b.unit1, b.quantity1)
              AND d.unit2 = coalesce(b.unit2, '') AND d.quantity2 IS NOT DISTINCT FROM b.quantity2
              AND (d.declared_name, d.model) = (b.declared_name, b.model) LIMIT 1) a ON true
     WHERE a.stands IS NULL
)
