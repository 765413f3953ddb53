-- Flash sales with their items, one row per item. Parameters: storefront_id and id (NULL = any), code ('' = any), since
-- (those that end after it, by the clock or called off), at, most (those nearest to it: what runs comes first).
SELECT s.id, s.price_list_id AS list_id, l.storefront_id, l.currency, s.code, s.titles, s.starts_at, s.ends_at,
       s.admit_per_s, s.early, s.seed, s.called_off_at, s.next_number AS numbers,
       i.id AS item_id, i.sku_id, i.price_minor, i.was_minor, i.units, i.taken, i.limit_per_person
  FROM (SELECT s.* FROM pricing_flashsale s JOIN pricing_pricelist l ON l.id = s.price_list_id
         WHERE (%(storefront_id)s::uuid IS NULL OR l.storefront_id = %(storefront_id)s::uuid)
           AND (%(id)s::uuid IS NULL OR s.id = %(id)s::uuid) AND (%(code)s::text = '' OR s.code = %(code)s::text)
           AND s.ends_at > %(since)s::timestamptz
           AND (s.called_off_at IS NULL OR s.called_off_at > %(since)s::timestamptz)
         ORDER BY greatest(s.starts_at - %(at)s::timestamptz,
                           %(at)s::timestamptz - least(s.ends_at, s.called_off_at), interval '0'), s.id LIMIT %(most)s::int) s
  JOIN pricing_pricelist l ON l.id = s.price_list_id
  JOIN pricing_flashsaleitem i ON i.sale_id = s.id
 ORDER BY s.starts_at, s.id, i.place
