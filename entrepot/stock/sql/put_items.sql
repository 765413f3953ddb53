-- Write item records into a book, or change what is said of them. Parameters: ids, sku_ids, book, records, hs_codes, units,
-- origins, names.
INSERT INTO stock_bookitem AS i (id, sku_id, book, item_record, hs_code, unit, origin, name, inbound, written_off,
                                 added_back, disposed, corrected, balance)
SELECT n.id, n.sku_id, %(book)s, n.record, n.hs_code, n.unit, n.origin, n.name, 0, 0, 0, 0, 0, 0
  FROM unnest(%(ids)s::uuid[], %(sku_ids)s::uuid[], %(records)s::text[], %(hs_codes)s::text[], %(units)s::text[],
              %(origins)s::text[], %(names)s::text[]) AS n(id, sku_id, record, hs_code, unit, origin, name)
 ORDER BY n.sku_id, n.record
    ON CONFLICT (sku_id, book, item_record)
    DO UPDATE SET hs_code = excluded.hs_code, unit = excluded.unit, origin = excluded.origin, name = excluded.name
