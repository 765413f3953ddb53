-- Close the open claims of one order: give the units back (kind release) or let them leave (kind ship). Claims first,
-- then levels in key order. Parameters: reference, sku_ids, line_ids (NULL = every line), kind, state, leaving (1 when
-- units leave, 0 when they stay), base (fresh UUID, numbered in its last four hex digits), at, day, today,
-- lock_timeout. Rows: one per claim closed; `fresh` when its warehouse had no free unit of the SKU before. Where one is
-- `stopped` (its lot was called back, or has expired) nothing was written.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
),
-- include stock/closing
SELECT m.id AS claim_id, m.line_id, m.sku_id, k.warehouse_id, m.quantity, coalesce(f.free, 0) = 0 AS fresh,
       (k.stopped OR k.expired) AND %(leaving)s = 1 AS stopped
  FROM mine m JOIN locked k ON k.sku_id = m.sku_id AND k.id = m.level_id
  LEFT JOIN supply f ON f.sku_id = k.sku_id AND f.warehouse_id = k.warehouse_id
