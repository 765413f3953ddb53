-- Make the books of a parcel's lines that do not exist yet, so that the next statement can lock them. Parameters: ids,
-- buyer_id, parcel_id, line_ids, quantities.
INSERT INTO returns_book (id, buyer_id, parcel_id, line_id, quantity, taken, priced, freighted, taxed)
SELECT id, %(buyer_id)s, %(parcel_id)s, line_id, quantity, 0, 0, 0, 0
  FROM unnest(%(ids)s::uuid[], %(line_ids)s::uuid[], %(quantities)s::int[]) AS n(id, line_id, quantity)
 ORDER BY line_id
    ON CONFLICT (buyer_id, parcel_id, line_id) DO NOTHING
