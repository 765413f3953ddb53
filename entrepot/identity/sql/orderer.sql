-- Where an order goes and the keyed hash of the person it is for (NULL where there is none). Parameters: buyer_id,
-- address_id, real_name_id. One row where the buyer has such an address.
SELECT a.id, a.buyer_id, a.recipient_sealed, a.phone_sealed, a.detail_sealed, a.province_code, a.city_code,
       a.district_code, a.province, a.city, a.district, a.is_default,
       (SELECT r.id_hash FROM identity_realname r
         WHERE r.id = %(real_name_id)s::uuid AND r.buyer_id = a.buyer_id AND r.dropped_at IS NULL) AS id_hash
  FROM identity_address a
 WHERE a.id = %(address_id)s::uuid AND a.buyer_id = %(buyer_id)s::uuid
