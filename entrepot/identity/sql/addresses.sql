-- A buyer's addresses, the default first, then the newest. Parameter: buyer_id.
SELECT id, buyer_id, recipient_sealed, phone_sealed, detail_sealed, province_code, city_code, district_code, province, city,
       district, is_default
  FROM identity_address WHERE buyer_id = %(buyer_id)s ORDER BY is_default DESC, changed_at DESC, id DESC
