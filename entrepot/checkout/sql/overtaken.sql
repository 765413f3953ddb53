-- What of that which orders rest on is no more as it was read for their quotes: prices, limits, articles, rate books.
-- Asked where they are written (docs/algorithms/place.md). Parameters: basis (JSON array of articles as they were read),
-- books (versions of rate books). Rows: n of an article, or NULL for the books.
WITH basis AS MATERIALIZED (
    SELECT b.* FROM json_to_recordset(%(basis)s::json)
        AS b(n int, sku_id uuid, list_id uuid, amount_minor bigint, at_sale boolean, limited boolean, at timestamptz,
             day date, jurisdiction text, origin text, net_weight_g int, gross_weight_g int, sell_until date,
             hs_code text, sales_unit text, unit1 text, quantity1 numeric, unit2 text, quantity2 numeric,
             declared_name text, model text)
),
-- include pricing/repriced
,
-- include catalogue/altered
,
-- include tariff/superseded
SELECT n FROM repriced
UNION ALL
SELECT n FROM altered
UNION ALL
(SELECT NULL FROM superseded LIMIT 1)
