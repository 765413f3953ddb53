-- Add prices to one list. Parameters: list_id, set_by, set_at; ids, sku_ids, amounts, was, begins and ends, in step.
INSERT INTO pricing_price (id, sku_id, price_list_id, amount_minor, was_minor, valid_from, valid_to, set_by, set_at)
SELECT n.id, n.sku_id, %(list_id)s, n.amount, n.was, n.valid_from, n.valid_to, %(set_by)s, %(set_at)s
  FROM unnest(%(ids)s::uuid[], %(sku_ids)s::uuid[], %(amounts)s::bigint[], %(was)s::bigint[],
              %(begins)s::timestamptz[], %(ends)s::timestamptz[])
       AS n (id, sku_id, amount, was, valid_from, valid_to)
