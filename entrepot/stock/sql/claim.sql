-- Hold units for order lines: first expired first out, all lines or none. One statement; the rule in prose is in
-- docs/algorithms/claim.md. Parameters: line_ids, bases (one fresh UUID per line; its last four hex digits become the
-- part's number), sku_ids, warehouse_ids, quantities, reference, buyer_id, owner_id, day, at, expires_at, lock_timeout.
-- Rows: held parts (short false), or the lines that could not be served (short true, quantity = units left).
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), wish AS (
    SELECT * FROM unnest(%(line_ids)s::uuid[], %(bases)s::uuid[], %(sku_ids)s::uuid[], %(warehouse_ids)s::uuid[],
                         %(quantities)s::int[])
        WITH ORDINALITY AS w(line_id, base, sku_id, warehouse_id, quantity, n)
), held AS MATERIALIZED (  -- a repeated call finds what it holds already
    SELECT c.id, c.line_id, c.sku_id, l.warehouse_id, l.lot_id, c.quantity
      FROM stock_claim c JOIN stock_level l ON l.sku_id = c.sku_id AND l.id = c.level_id
     WHERE c.sku_id = ANY(%(sku_ids)s::uuid[]) AND c.reference = %(reference)s
       AND c.line_id = ANY(%(line_ids)s::uuid[]) AND c.state <> 'released'
), todo AS (
    SELECT w.*, sum(w.quantity) OVER before AS upto, sum(w.quantity) OVER before - w.quantity AS since
      FROM wish w WHERE NOT EXISTS (SELECT 1 FROM held h WHERE h.line_id = w.line_id)
    WINDOW before AS (PARTITION BY w.sku_id, w.warehouse_id ORDER BY w.n)
), locked AS MATERIALIZED (  -- in key order, so two buyers never wait for each other; the values are the newest ones
    SELECT l.id, l.sku_id, l.warehouse_id, l.lot_id, l.on_hand - l.claimed AS free
      FROM patience, stock_level l
     WHERE l.sku_id = ANY(%(sku_ids)s::uuid[]) AND l.owner_id = %(owner_id)s
       AND l.customs_state IN ('bonded', 'released', 'duty_paid')
       AND EXISTS (SELECT 1 FROM todo t WHERE t.sku_id = l.sku_id AND t.warehouse_id = l.warehouse_id)
     ORDER BY l.sku_id, l.id
       FOR UPDATE OF l
), queue AS (
    SELECT k.*, sum(k.free) OVER fefo AS upto, sum(k.free) OVER fefo - k.free AS since
      FROM locked k JOIN stock_lot o ON o.sku_id = k.sku_id AND o.id = k.lot_id
     WHERE k.free > 0 AND (o.expires_on IS NULL OR o.expires_on > %(day)s)
    WINDOW fefo AS (PARTITION BY k.sku_id, k.warehouse_id ORDER BY o.expires_on NULLS LAST, k.id)
), supply AS (
    SELECT sku_id, warehouse_id, sum(free) AS free FROM queue GROUP BY sku_id, warehouse_id
), short AS MATERIALIZED (
    SELECT t.line_id, t.sku_id, t.warehouse_id, coalesce(s.free, 0) AS free
      FROM todo t LEFT JOIN supply s USING (sku_id, warehouse_id) WHERE t.upto > coalesce(s.free, 0)
), taken AS MATERIALIZED (
    SELECT t.line_id, t.base, t.sku_id, t.warehouse_id, q.id AS level_id, q.lot_id,
           least(t.upto, q.upto) - greatest(t.since, q.since) AS quantity,
           row_number() OVER (PARTITION BY t.line_id ORDER BY q.since) AS part
      FROM todo t JOIN queue q USING (sku_id, warehouse_id)
     WHERE t.since < q.upto AND q.since < t.upto AND NOT EXISTS (SELECT 1 FROM short)
), kept AS (
    INSERT INTO stock_claim (id, sku_id, level_id, reference, line_id, part, buyer_id, quantity, state, expires_at, at)
    SELECT overlay(base::text PLACING lpad(to_hex(part), 4, '0') FROM 33)::uuid, sku_id, level_id, %(reference)s,
           line_id, part, %(buyer_id)s, quantity, 'open', %(expires_at)s, %(at)s
      FROM taken
), raised AS (
    UPDATE stock_level l SET claimed = l.claimed + t.quantity
      FROM (SELECT sku_id, level_id, sum(quantity) AS quantity FROM taken GROUP BY sku_id, level_id) t
     WHERE l.sku_id = t.sku_id AND l.id = t.level_id
), told AS (
    INSERT INTO stock_movement (id, sku_id, level_id, kind, on_hand, claimed, reference, at)
    SELECT overlay(base::text PLACING lpad(to_hex(part), 4, '0') FROM 33)::uuid, sku_id, level_id, 'claim', 0, quantity,
           %(reference)s::text, %(at)s
      FROM taken
)
SELECT overlay(base::text PLACING lpad(to_hex(part), 4, '0') FROM 33)::uuid AS claim_id, line_id, sku_id, warehouse_id,
       lot_id, quantity::int AS quantity, false AS short,
       s.free = sum(quantity) OVER (PARTITION BY sku_id, warehouse_id) AS gone
  FROM taken JOIN supply s USING (sku_id, warehouse_id)
UNION ALL
SELECT id, line_id, sku_id, warehouse_id, lot_id, quantity, false, false FROM held
UNION ALL
SELECT NULL, line_id, sku_id, warehouse_id, NULL, free::int, true, false FROM short
