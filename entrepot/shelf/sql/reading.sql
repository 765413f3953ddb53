-- Whether anything has the words of a query; only if nothing has, the known terms near each of them.
-- Parameters: storefront_id, wanted (tsquery), numbers and forms in step (word number, one near form of it), terms_max.
WITH found AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM shelf_entry e
                    WHERE e.storefront_id = %(storefront_id)s AND e.lexemes @@ %(wanted)s::tsquery) AS met
)
SELECT NULL::integer AS number, NULL AS term, NULL AS surface, 0 AS products FROM found WHERE met
UNION ALL
SELECT DISTINCT w.number, t.term, t.surface, t.products
  FROM found CROSS JOIN unnest(%(numbers)s::integer[], %(forms)s::text[]) AS w (number, form)
 CROSS JOIN LATERAL (
    SELECT t.term, t.surface, t.products FROM shelf_term t
     WHERE t.storefront_id = %(storefront_id)s AND t.near @> ARRAY[w.form]::varchar[]
     ORDER BY t.products DESC, t.term LIMIT %(terms_max)s) AS t
 WHERE NOT found.met
