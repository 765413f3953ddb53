-- Parcels that could not be declared: when each is tried next. The wait doubles from try to try, and after the last try there
-- is none: a person has to look. Parameters: new_ids, parcels, buyers, orders, codes, zh, en (one a parcel), at, first (wait),
-- most (wait), tries_max.
INSERT INTO customs_putoff AS p (id, parcel_id, buyer_id, order_id, code, words, tries, first_at, last_at, next_at)
SELECT n.id, n.parcel_id, n.buyer_id, n.order_id, n.code, jsonb_build_object('zh-hans', n.zh, 'en', n.en), 1, %(at)s, %(at)s,
       %(at)s::timestamptz + %(first)s::interval
  FROM unnest(%(new_ids)s::uuid[], %(parcels)s::uuid[], %(buyers)s::uuid[], %(orders)s::uuid[], %(codes)s::text[], %(zh)s::text[],
              %(en)s::text[]) AS n (id, parcel_id, buyer_id, order_id, code, zh, en)
 ORDER BY n.parcel_id
    ON CONFLICT (buyer_id, parcel_id) DO UPDATE
   SET tries = p.tries + 1, code = excluded.code, words = excluded.words, last_at = excluded.last_at,
       next_at = CASE WHEN p.tries + 1 < %(tries_max)s
                      THEN excluded.last_at + least(%(first)s::interval * power(2, p.tries), %(most)s::interval) END
