-- The vocabulary as a rebuild counted it: known words get their counts, words nobody has any more are forgotten.
-- Parameters: storefront_id, terms and counts, in step.
WITH counted AS (
    SELECT * FROM unnest(%(terms)s::text[], %(counts)s::integer[]) AS c (term, products)
), gone AS (
    DELETE FROM shelf_term t
     WHERE t.storefront_id = %(storefront_id)s AND NOT EXISTS (SELECT FROM counted c WHERE c.term = t.term)
)
UPDATE shelf_term t SET products = c.products
  FROM counted c
 WHERE t.storefront_id = %(storefront_id)s AND t.term = c.term AND t.products <> c.products
