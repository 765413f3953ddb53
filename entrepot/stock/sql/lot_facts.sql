-- What lots bear costs by: our units that ever came, are in stock, and were sold and stayed away. Parameters: lot_ids. One
-- row per lot that exists. Joined by ids alone: with the articles named too a planner would take a hundred thousand rows
-- for one.
WITH lot AS MATERIALIZED (
    SELECT o.id, o.sku_id, o.code, o.unit_cost, o.currency
      FROM unnest(%(lot_ids)s::uuid[]) AS t(id) JOIN stock_lot o ON o.id = t.id
), level AS MATERIALIZED (
    SELECT l.id, l.lot_id, l.on_hand FROM lot o JOIN stock_level l ON l.lot_id = o.id
     WHERE l.owner_id = '00000000-0000-0000-0000-000000000000'
), there AS (
    SELECT lot_id, sum(on_hand) AS units FROM level GROUP BY lot_id
), moved AS (
    SELECT v.lot_id, sum(m.on_hand) FILTER (WHERE m.kind = 'receive') AS came,
           -sum(m.on_hand) FILTER (WHERE m.kind <> 'receive') AS sold
      FROM level v JOIN stock_movement m ON m.level_id = v.id
     WHERE m.kind IN ('receive', 'ship', 'return', 'gone')
     GROUP BY v.lot_id
)
SELECT o.sku_id, o.id AS lot_id, o.code, o.unit_cost, o.currency,
       greatest(coalesce(m.came, 0), coalesce(t.units, 0) + coalesce(m.sold, 0))::int AS units,
       coalesce(t.units, 0)::int AS in_stock, coalesce(m.sold, 0)::int AS sold
  FROM lot o LEFT JOIN there t ON t.lot_id = o.id LEFT JOIN moved m ON m.lot_id = o.id
