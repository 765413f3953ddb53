-- Take products off the shelf. Returns how many were on it. Parameters: storefront_id, product_ids.
WITH places AS (
    DELETE FROM shelf_place WHERE storefront_id = %(storefront_id)s AND product_id = ANY(%(product_ids)s::uuid[])
)
DELETE FROM shelf_entry WHERE storefront_id = %(storefront_id)s AND product_id = ANY(%(product_ids)s::uuid[])
