-- Whether any product of a storefront has the words. Parameters: storefront_id, wanted (tsquery).
SELECT FROM shelf_entry e WHERE e.storefront_id = %(storefront_id)s AND e.lexemes @@ %(wanted)s::tsquery LIMIT 1
