-- Keep an idempotency key; no row where it is kept already (by this request before, or by another).
-- Parameters: id, buyer_id, key, request_hash, order_id, at.
INSERT INTO checkout_placekey (id, buyer_id, key, request_hash, order_id, at)
VALUES (%(id)s, %(buyer_id)s, %(key)s, %(request_hash)s, %(order_id)s, %(at)s)
    ON CONFLICT (buyer_id, key) DO NOTHING
