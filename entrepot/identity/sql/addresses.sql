-- A buyer's addresses, the default first, then the newest. Parameter: buyer_id.
SELECT * FROM identity_address WHERE buyer_id = %(buyer_id)s ORDER BY is_default DESC, changed_at DESC, id DESC
