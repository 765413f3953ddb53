-- Hold a price list until the transaction ends. One row if it exists. Parameters: list_id, lock_timeout.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
)
SELECT l.id FROM patience, pricing_pricelist l WHERE l.id = %(list_id)s FOR UPDATE OF l
