-- What lots bear costs by: our units that ever came, are in stock, and were sold and stayed away. Parameters: lot_ids. One
-- row per lot that exists. Each lot's rows are found by key (LATERAL with a LIMIT or OFFSET is not folded into the rest): a
-- planner that joins twenty thousand lots at once reads the whole ledger instead.
WITH lot AS MATERIALIZED (
    SELECT o.id, o.sku_id, o.code, o.unit_cost, o.currency
      FROM (SELECT id FROM unnest(%(lot_ids)s::uuid[]) AS t(id) ORDER BY id) t
     CROSS JOIN LATERAL (SELECT * FROM stock_lot WHERE id = t.id LIMIT 1) o
), level AS MATERIALIZED (
    SELECT l.id, l.lot_id, l.on_hand
      FROM lot o
     CROSS JOIN LATERAL (
           SELECT id, lot_id, on_hand FROM stock_level
            WHERE lot_id = o.id AND owner_id = '00000000-0000-0000-0000-000000000000' OFFSET 0) l
), there AS (
    SELECT lot_id, sum(on_hand) AS units FROM level GROUP BY lot_id
), moved AS (
    SELECT v.lot_id, sum(m.came) AS came, sum(m.sold) AS sold
      FROM level v
     CROSS JOIN LATERAL (
           SELECT sum(on_hand) FILTER (WHERE kind = 'receive') AS came,
                  -sum(on_hand) FILTER (WHERE kind <> 'receive') AS sold
             FROM stock_movement WHERE level_id = v.id AND kind IN ('receive', 'ship', 'return', 'gone')) m
     GROUP BY v.lot_id
)
SELECT o.sku_id, o.id AS lot_id, o.code, o.unit_cost, o.currency,
       greatest(coalesce(m.came, 0), coalesce(t.units, 0) + coalesce(m.sold, 0))::int AS units,
       coalesce(t.units, 0)::int AS in_stock, coalesce(m.sold, 0)::int AS sold
  FROM lot o LEFT JOIN there t ON t.lot_id = o.id LEFT JOIN moved m ON m.lot_id = o.id
