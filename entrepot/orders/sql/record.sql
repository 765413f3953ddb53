-- Write one order with parcels, lines and first event, count it against its person's year, and tell it. One statement.
-- Parameters: the order's columns by name, event_id, use_id, fact_id, and parcels, lines as JSON arrays of column values.
-- One row: what the person had used before this order; none where the buyer has placed an order under this key.
WITH placed AS (
    INSERT INTO orders_order (id, buyer_id, storefront_id, number, state, currency, total_minor, real_name_id, id_hash,
                              year, allowance_minor, language, placed_at, pay_until, consignee_sealed, consignee_name,
                              consignee_phone, consignee_place, sequence, parcels_open, parcels_delivered, place_key,
                              request_hash)
    VALUES (%(id)s, %(buyer_id)s, %(storefront_id)s, %(number)s, 'placed', %(currency)s, %(total_minor)s,
            %(real_name_id)s, %(id_hash)s, %(year)s, %(allowance_minor)s, %(language)s, %(placed_at)s, %(pay_until)s,
            %(consignee_sealed)s, %(consignee_name)s, %(consignee_phone)s, %(consignee_place)s, 1, %(parcels_open)s, 0,
            %(place_key)s, %(request_hash)s)
        ON CONFLICT (buyer_id, place_key) DO NOTHING
    RETURNING id
), parcel AS (
    INSERT INTO orders_parcel (id, buyer_id, order_id, position, number, warehouse_id, trade_mode, state, goods_minor,
                               discount_minor, freight_minor, tax_minor, allowance_minor, restored_minor, quote)
    SELECT p.id, %(buyer_id)s, %(id)s, position, number, warehouse_id, trade_mode, 'placed', goods_minor, discount_minor,
           freight_minor, tax_minor, allowance_minor, 0, quote
      FROM placed, jsonb_to_recordset(%(parcels)s::jsonb)
        AS p(id uuid, position int, number text, warehouse_id uuid, trade_mode text, goods_minor bigint,
             discount_minor bigint, freight_minor bigint, tax_minor bigint, allowance_minor bigint, quote jsonb)
), line AS (
    INSERT INTO orders_line (id, buyer_id, parcel_id, number, sku_id, sku_code, titles, image, gtin, quantity,
                             unit_price_minor, goods_minor, discount_minor, freight_minor, duty_minor, excise_minor,
                             vat_minor, origin, hs_code, sales_unit, unit1, quantity1, unit2, quantity2, declared_name,
                             model, net_weight_g, gross_weight_g)
    SELECT l.id, %(buyer_id)s, parcel_id, number, sku_id, sku_code, titles, image, gtin, quantity, unit_price_minor,
           goods_minor, discount_minor, freight_minor, duty_minor, excise_minor, vat_minor, origin, hs_code, sales_unit,
           unit1, quantity1, unit2, quantity2, declared_name, model, net_weight_g, gross_weight_g
      FROM placed, jsonb_to_recordset(%(lines)s::jsonb)
        AS l(id uuid, parcel_id uuid, number int, sku_id uuid, sku_code text, titles jsonb, image text, gtin text,
             quantity int, unit_price_minor bigint, goods_minor bigint, discount_minor bigint, freight_minor bigint,
             duty_minor bigint, excise_minor bigint, vat_minor bigint, origin text, hs_code text, sales_unit text,
             unit1 text, quantity1 numeric, unit2 text, quantity2 numeric, declared_name text, model text,
             net_weight_g int, gross_weight_g int)
), told AS (
    INSERT INTO orders_event (id, buyer_id, order_id, sequence, parcel_id, kind, at, note)
    SELECT %(event_id)s, %(buyer_id)s, id, 1, NULL, 'placed', %(placed_at)s, '' FROM placed
), fact AS (
    SELECT %(fact_id)s::uuid AS id, 'orders.placed' AS topic, id AS aggregate_id,
           %(buyer_id)s::uuid AS buyer_id, jsonb_build_object('order_id', id) AS payload
      FROM placed
),
-- include outbox/tell
INSERT INTO orders_annualuse AS u (id, id_hash, year, used_minor, committed_minor)
SELECT %(use_id)s, %(id_hash)s, %(year)s, %(allowance_minor)s, 0 FROM placed
    ON CONFLICT (id_hash, year) DO UPDATE SET used_minor = u.used_minor + excluded.used_minor
RETURNING u.used_minor - %(allowance_minor)s AS used_before
