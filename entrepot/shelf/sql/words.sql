-- Known words by their beginning, the commonest first. Parameters: storefront_id, beginning (a LIKE pattern), words_max.
SELECT surface FROM shelf_term
 WHERE storefront_id = %(storefront_id)s AND surface LIKE %(beginning)s
 ORDER BY products DESC, surface LIMIT %(words_max)s
