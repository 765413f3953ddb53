-- Whether any product of a storefront has all of the words; if none has, whether any has most of them.
-- Parameters: storefront_id, wanted and most (tsqueries).
SELECT f.has_all, CASE WHEN f.has_all THEN true ELSE EXISTS (
         SELECT FROM shelf_entry e WHERE e.storefront_id = %(storefront_id)s AND e.lexemes @@ %(most)s::tsquery) END
  FROM (SELECT EXISTS (SELECT FROM shelf_entry e WHERE e.storefront_id = %(storefront_id)s
                          AND e.lexemes @@ %(wanted)s::tsquery) AS has_all) AS f
