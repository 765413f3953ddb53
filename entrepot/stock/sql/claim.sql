-- Hold units for the lines of many orders: first come first served, first expired first out, each order whole; all of
-- them or nothing. One statement; the rule in prose is in docs/algorithms/claim.md. Parameters: wishes (JSON array, the
-- first come first: reference, buyer_id, expires_at, line_id, base, sku_id, warehouse_id, quantity; place = the order's
-- place in the queue, n = the line's; base is a fresh UUID whose last four hex digits become the part's number),
-- owner_id, day (lots that expire later are sold: today, or later where shelf life must be left), at, lock_timeout.
-- Rows: held parts (short false); or the lines that kept an order from being served (short true, quantity = units left).
-- Told are only orders that cannot be served whatever becomes of the others that were short: at least the first of them.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), wish AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(wishes)s::json)
        AS w(place int, n int, reference uuid, buyer_id uuid, expires_at timestamptz, line_id uuid, base uuid,
             sku_id uuid, warehouse_id uuid, quantity int)
), held AS MATERIALIZED (  -- a repeated call finds what it holds already; each line by its whole key, however hot its SKU
    SELECT c.id, c.line_id, c.sku_id, l.warehouse_id, l.lot_id, c.quantity
      FROM wish w CROSS JOIN LATERAL (
           SELECT c.id, c.line_id, c.sku_id, c.level_id, c.quantity FROM stock_claim c
            WHERE c.sku_id = w.sku_id AND c.reference = w.reference AND c.line_id = w.line_id AND c.state <> 'released'
           OFFSET 0) c CROSS JOIN LATERAL (
           SELECT l.warehouse_id, l.lot_id FROM stock_level l WHERE l.sku_id = c.sku_id AND l.id = c.level_id
           OFFSET 0) l
), todo AS MATERIALIZED (
    SELECT w.*, sum(w.quantity) OVER before AS upto, sum(w.quantity) OVER before - w.quantity AS since,
           sum(w.quantity) OVER (PARTITION BY w.place, w.sku_id, w.warehouse_id) AS needed
      FROM wish w WHERE w.line_id NOT IN (SELECT line_id FROM held)  -- so that the planner counts on some
    WINDOW before AS (PARTITION BY w.sku_id, w.warehouse_id ORDER BY w.n)
), locked AS MATERIALIZED (  -- in key order, so two buyers never wait for each other; the values are the newest ones
    SELECT l.id, l.sku_id, l.warehouse_id, l.lot_id, l.on_hand, l.claimed, l.on_hand - l.claimed AS free
      FROM patience, stock_level l
     WHERE l.owner_id = %(owner_id)s::uuid
       AND l.customs_state IN ('bonded', 'released', 'duty_paid') AND NOT l.stopped
       AND EXISTS (SELECT 1 FROM todo t WHERE t.sku_id = l.sku_id AND t.warehouse_id = l.warehouse_id)
     ORDER BY l.sku_id, l.id
       FOR UPDATE OF l
), queue AS MATERIALIZED (
    SELECT k.*, sum(k.free) OVER fefo AS upto, sum(k.free) OVER fefo - k.free AS since
      FROM locked k JOIN stock_lot o ON o.sku_id = k.sku_id AND o.id = k.lot_id
     WHERE k.free > 0 AND (o.expires_on IS NULL OR o.expires_on > %(day)s::date)
    WINDOW fefo AS (PARTITION BY k.sku_id, k.warehouse_id ORDER BY o.expires_on NULLS LAST, k.id)
), supply AS (
    SELECT sku_id, warehouse_id, sum(free) AS free FROM queue GROUP BY sku_id, warehouse_id
), judged AS (
    SELECT t.*, coalesce(s.free, 0) AS free, bool_and(t.upto <= coalesce(s.free, 0)) OVER (PARTITION BY t.place) AS fits
      FROM todo t LEFT JOIN supply s USING (sku_id, warehouse_id)
), counted AS MATERIALIZED (  -- what is left for each by those before it that are served in any case
    SELECT j.*, greatest(0, j.free - coalesce(sum(j.quantity) FILTER (WHERE j.fits) OVER (
               PARTITION BY j.sku_id, j.warehouse_id ORDER BY j.place
               RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0)) AS left_over
      FROM judged j
), taken AS MATERIALIZED (
    SELECT c.line_id, c.base, c.sku_id, c.warehouse_id, c.reference, c.buyer_id, c.expires_at, q.id AS level_id, q.lot_id,
           least(c.upto, q.upto) - greatest(c.since, q.since) AS quantity, c.free,
           row_number() OVER (PARTITION BY c.line_id ORDER BY q.since) AS part
      FROM counted c JOIN queue q USING (sku_id, warehouse_id)
     WHERE c.since < q.upto AND q.since < c.upto AND NOT EXISTS (SELECT 1 FROM counted WHERE NOT fits)
), part AS MATERIALIZED (
    SELECT t.*, overlay(base::text PLACING lpad(to_hex(part), 4, '0') FROM 33)::uuid AS id FROM taken t
), kept AS (
    INSERT INTO stock_claim (id, sku_id, level_id, reference, line_id, part, buyer_id, quantity, state, expires_at, at)
    SELECT id, sku_id, level_id, reference, line_id, part, buyer_id, quantity, 'open', expires_at, %(at)s::timestamptz
      FROM part
), raised AS (  -- from what was locked: added to the row, the CHECK would first judge what the statement saw of it
    UPDATE stock_level l SET claimed = k.claimed + t.quantity, on_hand = k.on_hand
      FROM (SELECT sku_id, level_id, sum(quantity) AS quantity FROM part GROUP BY sku_id, level_id) t
      JOIN locked k ON k.id = t.level_id
     WHERE l.sku_id = t.sku_id AND l.id = t.level_id
), told AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT id, sku_id, level_id, 'claim', 0, quantity, reference::text, %(at)s::timestamptz
      FROM part
)
SELECT reference, id AS claim_id, line_id, sku_id, warehouse_id, lot_id, quantity::int AS quantity, false AS short,
       free = sum(quantity) OVER (PARTITION BY sku_id, warehouse_id) AS gone
  FROM part
UNION ALL
SELECT w.reference, h.id, h.line_id, h.sku_id, h.warehouse_id, h.lot_id, h.quantity, false, false
  FROM held h JOIN wish w USING (line_id)
UNION ALL
SELECT reference, NULL, line_id, sku_id, warehouse_id, NULL, left_over::int, true, false
  FROM counted WHERE NOT fits AND needed > left_over
