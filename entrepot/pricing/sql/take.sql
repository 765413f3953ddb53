-- Take units of flash sales and count purchase limits for many orders: first come first served, each order whole. One
-- statement; the rule in prose is in docs/algorithms/rush.md. Parameters: takes (JSON array: place = the order's place
-- in the queue, id = a fresh UUID whose last four hex digits become the tallies' numbers, order_id, buyer_id, id_hash in
-- hex, sku_id, item_id, quantity), at, lock_timeout.
-- Rows: served orders (what NULL; `gone` = the list of an item whose last unit went), and those that have no hope: what
-- was short ('units', 'limit', 'over'), what is free for them and the most of the rule. An order in no row depends on
-- who drops out: ask again for it. The first of them is answered in any case, so every round ends with fewer.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), wish AS MATERIALIZED (
    SELECT w.*, decode(w.id_hash, 'hex') AS identity FROM patience, json_to_recordset(%(takes)s::json)
        AS w(place int, id uuid, order_id uuid, buyer_id uuid, id_hash text, sku_id uuid, item_id uuid, quantity int)
), held AS MATERIALIZED (  -- a repeated call finds what it has taken
    SELECT w.id FROM wish w CROSS JOIN LATERAL (
           SELECT 1 FROM pricing_take t
            WHERE t.sku_id = w.sku_id AND t.order_id = w.order_id AND t.state = 'taken' OFFSET 0) t
), todo AS MATERIALIZED (
    SELECT w.* FROM wish w WHERE w.id NOT IN (SELECT id FROM held)
), locked AS MATERIALIZED (  -- rules are locked in key order, items before limits; the values are the newest ones
    SELECT i.id, i.sku_id, i.sale_id, i.units, i.taken, i.limit_per_person
      FROM (SELECT DISTINCT sku_id, item_id FROM todo WHERE item_id IS NOT NULL ORDER BY 1, 2) t CROSS JOIN LATERAL (
           SELECT i.* FROM pricing_flashsaleitem i WHERE i.sku_id = t.sku_id AND i.id = t.item_id FOR UPDATE OF i) i
), item AS MATERIALIZED (
    SELECT k.*, s.price_list_id FROM locked k JOIN pricing_flashsale s ON s.id = k.sale_id
     WHERE s.starts_at <= %(at)s AND s.ends_at > %(at)s AND s.called_off_at IS NULL
), bound AS MATERIALIZED (
    SELECT q.id, q.sku_id, q.quantity,
           floor(extract(epoch FROM %(at)s::timestamptz - q.valid_from) / 86400 / q.days)::int AS period
      FROM (SELECT DISTINCT sku_id FROM todo WHERE (SELECT count(*) FROM locked) >= 0 ORDER BY 1) t CROSS JOIN LATERAL (
           SELECT q.* FROM pricing_purchaselimit q
            WHERE q.sku_id = t.sku_id AND q.valid_from <= %(at)s AND (q.valid_to IS NULL OR q.valid_to > %(at)s)
              FOR UPDATE OF q) q
), ruled AS MATERIALIZED (
    SELECT t.*, i.id IS NULL AND t.item_id IS NOT NULL AS late, b.id AS limit_id, coalesce(b.period, 0) AS period,
           i.limit_per_person, b.quantity AS limit_quantity, i.units, i.units - i.taken AS units_left, i.price_list_id
      FROM todo t LEFT JOIN item i ON i.sku_id = t.sku_id AND i.id = t.item_id
      LEFT JOIN bound b ON b.sku_id = t.sku_id
), demand AS MATERIALIZED (  -- everything that must have room, each on a number line of its own
    SELECT place, id, sku_id, quantity, 'over' AS what, item_id AS rule_id, 0 AS period, ''::bytea AS person, 0 AS most, 0 AS part
      FROM ruled WHERE late
     UNION ALL
    SELECT place, id, sku_id, quantity, 'units', item_id, 0, '', units_left, 0
      FROM ruled WHERE units_left IS NOT NULL
     UNION ALL
    SELECT place, id, sku_id, quantity, 'limit', item_id, 0, uuid_send(buyer_id), limit_per_person, 1
      FROM ruled WHERE limit_per_person IS NOT NULL
     UNION ALL
    SELECT place, id, sku_id, quantity, 'limit', item_id, 0, identity, limit_per_person, 2
      FROM ruled WHERE limit_per_person IS NOT NULL
     UNION ALL
    SELECT place, id, sku_id, quantity, 'limit', limit_id, period, uuid_send(buyer_id), limit_quantity, 3
      FROM ruled WHERE limit_id IS NOT NULL
     UNION ALL
    SELECT place, id, sku_id, quantity, 'limit', limit_id, period, identity, limit_quantity, 4
      FROM ruled WHERE limit_id IS NOT NULL
), counted AS MATERIALIZED (
    SELECT d.rule_id, d.period, d.person, c.id, c.quantity
      FROM (SELECT DISTINCT sku_id, rule_id, period, person FROM demand WHERE what = 'limit' ORDER BY 1, 2, 3, 4) d
           CROSS JOIN LATERAL (
           SELECT c.id, c.quantity FROM pricing_tally c
            WHERE c.sku_id = d.sku_id AND c.rule_id = d.rule_id AND c.period = d.period AND c.person = d.person
              FOR UPDATE OF c) c
), judged AS MATERIALIZED (  -- as if all who came before were served
    SELECT d.*, c.id AS tally_id, d.most - coalesce(c.quantity, 0) AS room,
           sum(d.quantity) OVER (PARTITION BY d.what, d.rule_id, d.period, d.person ORDER BY d.place) AS upto
      FROM demand d LEFT JOIN counted c
        ON d.what = 'limit' AND c.rule_id = d.rule_id AND c.period = d.period AND c.person = d.person
), fitting AS MATERIALIZED (
    SELECT j.*, bool_and(j.upto <= j.room) OVER (PARTITION BY j.place) AS fits FROM judged j
), weighed AS MATERIALIZED (  -- what is left for each by those before it that are served in any case
    SELECT f.*, f.room - coalesce(sum(f.quantity) FILTER (WHERE f.fits) OVER (
               PARTITION BY f.what, f.rule_id, f.period, f.person ORDER BY f.place), 0) AS free
      FROM fitting f
), served AS MATERIALIZED (  -- an order that no rule concerns is served with nothing written
    SELECT r.* FROM ruled r WHERE r.place NOT IN (SELECT place FROM fitting WHERE NOT fits)
), written AS (
    INSERT INTO pricing_take (id, sku_id, order_id, buyer_id, identity, quantity, item_id, limit_id, period, state, at)
    SELECT id, sku_id, order_id, buyer_id, identity, quantity, item_id, limit_id, period, 'taken', %(at)s
      FROM served WHERE item_id IS NOT NULL OR limit_id IS NOT NULL
), lowered AS (  -- from what was locked: added to the row, its CHECK would first judge what the statement saw of it
    UPDATE pricing_flashsaleitem i SET taken = k.taken + s.quantity
      FROM (SELECT sku_id, item_id, sum(quantity) AS quantity FROM served WHERE item_id IS NOT NULL GROUP BY 1, 2) s
      JOIN locked k ON k.id = s.item_id
     WHERE i.sku_id = s.sku_id AND i.id = s.item_id
), more AS (
    SELECT f.sku_id, f.rule_id, f.period, f.person, f.tally_id, max(f.most) AS most, sum(f.quantity) AS quantity,
           max(f.most - f.room) AS had,
           (array_agg(overlay(f.id::text PLACING lpad(to_hex(f.part), 4, '0') FROM 33)::uuid ORDER BY f.place))[1] AS id
      FROM fitting f WHERE f.fits AND f.what = 'limit'
     GROUP BY f.sku_id, f.rule_id, f.period, f.person, f.tally_id
), raised AS (
    UPDATE pricing_tally c SET quantity = m.had + m.quantity
      FROM more m WHERE c.sku_id = m.sku_id AND c.id = m.tally_id
), opened AS (  -- a row that came since we looked is added to, and its CHECK says when that was too much
    INSERT INTO pricing_tally AS c (id, sku_id, rule_id, period, person, quantity, most)
    SELECT id, sku_id, rule_id, period, person, quantity, most FROM more WHERE tally_id IS NULL
     ORDER BY sku_id, rule_id, period, person
        ON CONFLICT (sku_id, rule_id, period, person) DO UPDATE SET quantity = c.quantity + excluded.quantity
)
SELECT s.order_id, s.sku_id, NULL AS what, NULL::int AS free, NULL::int AS most,
       CASE WHEN sum(s.quantity) OVER (PARTITION BY s.item_id) = s.units_left THEN s.price_list_id END AS gone
  FROM served s
UNION ALL
SELECT w.order_id, w.sku_id, NULL, NULL, NULL, NULL
  FROM held h JOIN wish w USING (id)
 WHERE w.place NOT IN (SELECT place FROM todo)
UNION ALL
SELECT w.order_id, f.sku_id, f.what, greatest(f.free, 0)::int, f.most, NULL
  FROM weighed f JOIN wish w USING (id)
 WHERE NOT f.fits AND f.quantity > f.free
