-- Promise orders what promotions take off, first come first served, each whole, while the budget lasts and its person, as
-- an account and as an identity, has not had it too often. One statement; in prose: docs/algorithms/promotions.md.
-- Parameters: grants (JSON array: place = the order's place in the queue, id = a fresh UUID whose last four hex digits
-- become the tallies' numbers, order_id, buyer_id, id_hash in hex, promotion_id, amount_minor), at, lock_timeout.
-- Rows: the orders that have no hope, one for each reason: the budget, or the person (`personal`). Where there is one,
-- nothing may stand: the others are asked for again without it. The first that does not fit is answered in any case.
-- Counters are set to what was read under their lock, not raised: a CHECK looks at what an UPDATE makes of the row that
-- the statement saw when it began, before the newest one is looked for.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), wish AS MATERIALIZED (
    SELECT w.*, decode(w.id_hash, 'hex') AS identity FROM patience, json_to_recordset(%(grants)s::json)
        AS w(place int, id uuid, order_id uuid, buyer_id uuid, id_hash text, promotion_id uuid, amount_minor bigint)
), held AS MATERIALIZED (  -- in key order; the values are the newest ones
    SELECT p.id, p.given_minor, p.budget_minor - p.given_minor AS left_minor, p.per_person,
           p.starts_at <= %(at)s AND p.ends_at > %(at)s AND p.called_off_at IS NULL AS runs
      FROM (SELECT DISTINCT promotion_id FROM wish ORDER BY 1) w CROSS JOIN LATERAL (
           SELECT p.* FROM pricing_promotion p WHERE p.id = w.promotion_id FOR UPDATE OF p) p
), demand AS MATERIALIZED (  -- everything that must have room, each on a number line of its own
    SELECT w.place, w.id, w.promotion_id, 0 AS part, ''::bytea AS person, w.amount_minor AS amount,
           CASE WHEN h.runs THEN h.left_minor ELSE 0 END AS most
      FROM wish w JOIN held h ON h.id = w.promotion_id
     UNION ALL
    SELECT w.place, w.id, w.promotion_id, d.part, d.person, 1, h.per_person
      FROM wish w JOIN held h ON h.id = w.promotion_id
           CROSS JOIN LATERAL (VALUES (1, uuid_send(w.buyer_id)), (2, w.identity)) AS d(part, person)
     WHERE h.per_person IS NOT NULL
), counted AS MATERIALIZED (  -- in key order, after the promotions: whoever holds those alone may write these
    SELECT d.promotion_id, d.person, c.id, c.quantity
      FROM (SELECT DISTINCT promotion_id, person FROM demand WHERE part > 0 ORDER BY 1, 2) d CROSS JOIN LATERAL (
           SELECT c.id, c.quantity FROM pricing_tally c
            WHERE c.sku_id = d.promotion_id AND c.rule_id = d.promotion_id AND c.period = 0 AND c.person = d.person
              FOR UPDATE OF c) c
), judged AS MATERIALIZED (  -- as if all who came before were served
    SELECT d.*, c.id AS tally_id, coalesce(c.quantity, 0) AS had, d.most - coalesce(c.quantity, 0) AS room,
           sum(d.amount) OVER (PARTITION BY d.promotion_id, d.part, d.person ORDER BY d.place) AS upto
      FROM demand d LEFT JOIN counted c ON d.part > 0 AND c.promotion_id = d.promotion_id AND c.person = d.person
), fitting AS MATERIALIZED (
    SELECT j.*, bool_and(j.upto <= j.room) OVER (PARTITION BY j.place) AS fits FROM judged j
), weighed AS MATERIALIZED (  -- what is left for each by those before it that are served in any case
    SELECT f.*, f.room - coalesce(sum(f.amount) FILTER (WHERE f.fits) OVER (
               PARTITION BY f.promotion_id, f.part, f.person ORDER BY f.place), 0) AS free
      FROM fitting f
), served AS MATERIALIZED (
    SELECT w.* FROM wish w JOIN fitting f ON f.id = w.id AND f.part = 0 AND f.fits
), written AS (
    INSERT INTO pricing_grant (id, promotion_id, order_id, buyer_id, identity, promised_minor, amount_minor, at)
    SELECT id, promotion_id, order_id, buyer_id, identity, amount_minor, amount_minor, %(at)s FROM served
), raised AS (
    UPDATE pricing_promotion p SET given_minor = h.given_minor + s.amount_minor
      FROM (SELECT promotion_id, sum(amount_minor) AS amount_minor FROM served GROUP BY 1) s
      JOIN held h ON h.id = s.promotion_id
     WHERE p.id = h.id
), more AS MATERIALIZED (
    SELECT f.promotion_id, f.person, f.tally_id, max(f.most) AS most, max(f.had) + sum(f.amount) AS quantity,
           (array_agg(overlay(f.id::text PLACING lpad(to_hex(f.part), 4, '0') FROM 33)::uuid ORDER BY f.place))[1] AS id
      FROM fitting f WHERE f.fits AND f.part > 0
     GROUP BY f.promotion_id, f.person, f.tally_id
), counting AS (
    UPDATE pricing_tally c SET quantity = m.quantity
      FROM more m WHERE c.sku_id = m.promotion_id AND c.id = m.tally_id
), opened AS (  -- a row that came while the promotion was waited for was not seen: it is added to where it has room
    INSERT INTO pricing_tally AS c (id, sku_id, rule_id, period, person, quantity, most)
    SELECT id, promotion_id, promotion_id, 0, person, quantity, most FROM more WHERE tally_id IS NULL
     ORDER BY promotion_id, person
        ON CONFLICT (sku_id, rule_id, period, person) DO UPDATE SET quantity = c.quantity + excluded.quantity
     WHERE c.quantity + excluded.quantity <= c.most
    RETURNING c.rule_id, c.person
)
SELECT w.order_id, f.part > 0 AS personal
  FROM weighed f JOIN wish w USING (id)
 WHERE NOT f.fits AND f.amount > f.free
UNION ALL
SELECT w.order_id, true
  FROM fitting f JOIN wish w USING (id)
 WHERE f.fits AND f.part > 0 AND f.tally_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM opened o WHERE o.rule_id = f.promotion_id AND o.person = f.person)
