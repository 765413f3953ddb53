-- Fragment: which rows of the part `basis` that stands before it are no more priced as they say: basis (n, sku_id,
-- list_id, amount_minor, at_sale, limited, at). Of a sale's price and a limit that was seen, taking them is the judge.
repriced AS (
    SELECT b.n FROM basis b
      LEFT JOIN LATERAL (
           SELECT true AS stands FROM pricing_price p
            WHERE p.sku_id = b.sku_id AND p.price_list_id = b.list_id AND p.amount_minor = b.amount_minor
              AND p.valid_from <= b.at AND (p.valid_to IS NULL OR p.valid_to > b.at) LIMIT 1) p ON true
      LEFT JOIN LATERAL (
           SELECT true AS binds FROM pricing_purchaselimit q
            WHERE q.sku_id = b.sku_id AND q.valid_from <= b.at AND (q.valid_to IS NULL OR q.valid_to > b.at) LIMIT 1) q ON true
     WHERE NOT b.at_sale AND (p.stands IS NULL OR NOT b.limited AND q.binds)
)
