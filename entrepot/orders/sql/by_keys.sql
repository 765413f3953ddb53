-- Orders that were placed under keys. Parameters: buyer_ids and keys, side by side.
SELECT o.id, o.buyer_id, o.place_key, o.number, o.total_minor, o.request_hash, o.wished
  FROM unnest(%(buyer_ids)s::uuid[], %(keys)s::text[]) AS w(buyer_id, place_key)
  JOIN orders_order o ON o.buyer_id = w.buyer_id AND o.place_key = w.place_key
