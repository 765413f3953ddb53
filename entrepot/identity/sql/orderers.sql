-- Where orders go and the keyed hashes of the people they are for (NULL where there is none), in the order asked.
-- Parameters: buyer_ids, address_ids, real_name_ids. One row for each asked: id is NULL where the buyer has no such address.
SELECT a.id, a.buyer_id, a.recipient_sealed, a.phone_sealed, a.detail_sealed, a.province_code, a.city_code,
       a.district_code, a.province, a.city, a.district, a.is_default, r.id_hash
  FROM unnest(%(buyer_ids)s::uuid[], %(address_ids)s::uuid[], %(real_name_ids)s::uuid[])
       WITH ORDINALITY AS w(buyer_id, address_id, real_name_id, n)
  LEFT JOIN identity_address a ON a.buyer_id = w.buyer_id AND a.id = w.address_id
  LEFT JOIN identity_realname r ON r.buyer_id = w.buyer_id AND r.id = w.real_name_id AND r.dropped_at IS NULL
 ORDER BY w.n
