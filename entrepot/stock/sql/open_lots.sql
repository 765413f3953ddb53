-- Make the lots that are not on record and return all of them. Parameters: ids, sku_ids, codes, expiries, origins, costs,
-- currencies, records, productions, declarations. DO UPDATE of a column to itself so that a lot made at the same moment is
-- returned too.
INSERT INTO stock_lot AS l (id, sku_id, code, expires_on, origin, unit_cost, currency, item_record, produced_on,
                            declaration_number)
SELECT * FROM unnest(%(ids)s::uuid[], %(sku_ids)s::uuid[], %(codes)s::text[], %(expiries)s::date[], %(origins)s::text[],
                     %(costs)s::numeric[], %(currencies)s::text[], %(records)s::text[], %(productions)s::date[],
                     %(declarations)s::text[])
    ON CONFLICT (sku_id, code) DO UPDATE SET code = l.code
RETURNING id, sku_id, code, expires_on, origin, unit_cost, currency, item_record, produced_on, declaration_number
