-- Hold a storefront's shelf until the transaction ends. Parameters: storefront_id, lock_timeout.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
)
SELECT s.id FROM patience, shelf_storefront s WHERE s.storefront_id = %(storefront_id)s FOR UPDATE OF s
