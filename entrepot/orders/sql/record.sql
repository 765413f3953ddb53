-- Write many orders with parcels, lines and first event, count each against its person's year, and tell them: each for
-- itself, however many, in one statement. The rule in prose is in docs/algorithms/place.md. Parameters: orders, parcels,
-- lines (JSON arrays of column values; orders with n = their place in the queue, used_minor = what of the allowance the
-- quote saw, event_id, use_id, fact_id), lock_timeout and statement_timeout of the transaction.
-- Rows: n with its outcome. placed; taken: the buyer has placed an order under this key; moved: the person has used
-- another part of the allowance than the quote saw; late: it moved after we looked, so nothing may stand: roll back.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true), set_config('statement_timeout', %(statement_timeout)s, true)
), draft AS MATERIALIZED (  -- all else begins here: beside a table without rows, patience might never be asked
    SELECT d.* FROM patience, json_to_recordset(%(orders)s::json)
        AS d(n int, id uuid, buyer_id uuid, storefront_id uuid, number text, currency text, total_minor bigint,
             real_name_id uuid, id_hash bytea, year int, allowance_minor bigint, used_minor bigint, language text,
             placed_at timestamptz, pay_until timestamptz, consignee_sealed bytea, consignee_name text,
             consignee_phone text, consignee_place text, parcels_open int, place_key text, request_hash bytea,
             wished jsonb, event_id uuid, use_id uuid, fact_id uuid)
), fresh AS MATERIALIZED (
    SELECT d.* FROM draft d
     WHERE NOT EXISTS (SELECT 1 FROM orders_order o WHERE o.buyer_id = d.buyer_id AND o.place_key = d.place_key)
), held AS MATERIALIZED (  -- people before their new orders, in key order; the values are the newest ones
    SELECT u.id_hash, u.year, u.used_minor + u.corrected_minor AS used_minor
      FROM orders_annualuse u
     WHERE EXISTS (SELECT 1 FROM fresh f WHERE f.id_hash = u.id_hash AND f.year = u.year)
     ORDER BY u.id_hash, u.year
       FOR UPDATE OF u
), seen AS (  -- each as if those of the same person before it stood already
    SELECT f.*, f.used_minor = coalesce(h.used_minor, 0) + coalesce(sum(f.allowance_minor) OVER earlier, 0) AS exact
      FROM fresh f LEFT JOIN held h ON h.id_hash = f.id_hash AND h.year = f.year
    WINDOW earlier AS (PARTITION BY f.id_hash, f.year ORDER BY f.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), judged AS MATERIALIZED (
    SELECT s.*, bool_and(s.exact) OVER (PARTITION BY s.id_hash, s.year ORDER BY s.n) AS fits FROM seen s
), placed AS (
    INSERT INTO orders_order (id, buyer_id, storefront_id, number, state, currency, total_minor, real_name_id, id_hash,
                              year, allowance_minor, language, placed_at, pay_until, consignee_sealed, consignee_name,
                              consignee_phone, consignee_place, sequence, parcels_open, parcels_delivered, place_key,
                              request_hash, wished)
    SELECT id, buyer_id, storefront_id, number, 'placed', currency, total_minor, real_name_id, id_hash, year,
           allowance_minor, language, placed_at, pay_until, consignee_sealed, consignee_name, consignee_phone,
           consignee_place, 1, parcels_open, 0, place_key, request_hash, wished
      FROM judged WHERE fits ORDER BY buyer_id, place_key, n
        ON CONFLICT (buyer_id, place_key) DO NOTHING
    RETURNING id, buyer_id, placed_at
), parcel AS (
    INSERT INTO orders_parcel (id, buyer_id, order_id, position, number, warehouse_id, trade_mode, delivery, state,
                               goods_minor, discount_minor, freight_minor, tax_minor, allowance_minor, restored_minor, asked)
    SELECT p.id, o.buyer_id, o.id, position, number, warehouse_id, trade_mode, delivery, 'placed', goods_minor, discount_minor,
           freight_minor, tax_minor, allowance_minor, 0, asked
      FROM placed o JOIN json_to_recordset(%(parcels)s::json)
        AS p(id uuid, order_id uuid, position int, number text, warehouse_id uuid, trade_mode text, delivery text,
             goods_minor bigint, discount_minor bigint, freight_minor bigint, tax_minor bigint, allowance_minor bigint, asked jsonb)
        ON p.order_id = o.id
), line AS (
    INSERT INTO orders_line (id, buyer_id, parcel_id, number, sku_id, sku_code, titles, image, gtin, quantity,
                             unit_price_minor, goods_minor, discount_minor, freight_minor, duty_minor, excise_minor,
                             vat_minor, origin, hs_code, sales_unit, unit1, quantity1, unit2, quantity2, declared_name,
                             model, net_weight_g, gross_weight_g)
    SELECT l.id, o.buyer_id, parcel_id, number, sku_id, sku_code, titles, image, gtin, quantity, unit_price_minor,
           goods_minor, discount_minor, freight_minor, duty_minor, excise_minor, vat_minor, origin, hs_code, sales_unit,
           unit1, quantity1, unit2, quantity2, declared_name, model, net_weight_g, gross_weight_g
      FROM placed o JOIN json_to_recordset(%(lines)s::json)
        AS l(id uuid, order_id uuid, parcel_id uuid, number int, sku_id uuid, sku_code text, titles jsonb, image text,
             gtin text, quantity int, unit_price_minor bigint, goods_minor bigint, discount_minor bigint,
             freight_minor bigint, duty_minor bigint, excise_minor bigint, vat_minor bigint, origin text, hs_code text,
             sales_unit text, unit1 text, quantity1 numeric, unit2 text, quantity2 numeric, declared_name text,
             model text, net_weight_g int, gross_weight_g int)
        ON l.order_id = o.id
), noted AS (
    INSERT INTO orders_event (id, buyer_id, order_id, sequence, parcel_id, kind, at, note)
    SELECT d.event_id, o.buyer_id, o.id, 1, NULL, 'placed', o.placed_at, '' FROM placed o JOIN draft d USING (id)
), counted AS (
    INSERT INTO orders_annualuse AS u (id, id_hash, year, used_minor, committed_minor, corrected_minor)
    SELECT (array_agg(d.use_id))[1], d.id_hash, d.year, sum(d.allowance_minor), 0, 0
      FROM placed o JOIN draft d USING (id) GROUP BY d.id_hash, d.year ORDER BY d.id_hash, d.year
        ON CONFLICT (id_hash, year) DO UPDATE SET used_minor = u.used_minor + excluded.used_minor
    RETURNING id_hash, year, used_minor + corrected_minor AS used_minor
), fact AS (
    SELECT d.fact_id AS id, 'orders.placed' AS topic, o.id AS aggregate_id, o.buyer_id,
           jsonb_build_object('order_id', o.id) AS payload
      FROM placed o JOIN draft d USING (id)
),
-- include outbox/tell
SELECT d.n, CASE WHEN o.id IS NULL AND j.fits IS FALSE THEN 'moved' WHEN o.id IS NULL THEN 'taken'
                 WHEN c.used_minor = max(j.used_minor + j.allowance_minor) FILTER (WHERE j.fits) OVER person THEN 'placed'
                 ELSE 'late' END AS outcome
  FROM draft d LEFT JOIN judged j USING (n) LEFT JOIN placed o ON o.id = d.id
  LEFT JOIN counted c ON c.id_hash = d.id_hash AND c.year = d.year
WINDOW person AS (PARTITION BY d.id_hash, d.year)
 ORDER BY d.n
