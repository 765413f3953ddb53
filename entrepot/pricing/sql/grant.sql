-- Promise orders what promotions take off, first come first served, each whole, while the budget lasts. One statement.
-- Parameters: grants (JSON array: place = the order's place in the queue, id, order_id, buyer_id, promotion_id,
-- amount_minor), at, lock_timeout.
-- Rows: the orders that have no hope. Where there is one, nothing may stand: the others are asked for again without it.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), wish AS MATERIALIZED (
    SELECT w.* FROM patience, json_to_recordset(%(grants)s::json)
        AS w(place int, id uuid, order_id uuid, buyer_id uuid, promotion_id uuid, amount_minor bigint)
), held AS MATERIALIZED (  -- in key order; the values are the newest ones
    SELECT p.id, p.budget_minor - p.given_minor AS left_minor,
           p.starts_at <= %(at)s AND p.ends_at > %(at)s AND p.called_off_at IS NULL AS runs
      FROM (SELECT DISTINCT promotion_id FROM wish ORDER BY 1) w CROSS JOIN LATERAL (
           SELECT p.* FROM pricing_promotion p WHERE p.id = w.promotion_id FOR UPDATE OF p) p
), judged AS MATERIALIZED (  -- as if all who came before were served
    SELECT w.*, h.runs, h.left_minor,
           h.runs AND sum(w.amount_minor) OVER (PARTITION BY w.promotion_id ORDER BY w.place) <= h.left_minor AS fits
      FROM wish w JOIN held h ON h.id = w.promotion_id
), weighed AS (  -- what is left for each by those before it that are served in any case
    SELECT j.*, j.left_minor - coalesce(sum(j.amount_minor) FILTER (WHERE j.fits) OVER (
               PARTITION BY j.promotion_id ORDER BY j.place), 0) AS free_minor
      FROM judged j
), written AS (
    INSERT INTO pricing_grant (id, promotion_id, order_id, buyer_id, promised_minor, amount_minor, at)
    SELECT id, promotion_id, order_id, buyer_id, amount_minor, amount_minor, %(at)s FROM judged WHERE fits
), raised AS (
    UPDATE pricing_promotion p SET given_minor = p.given_minor + s.amount_minor
      FROM (SELECT promotion_id, sum(amount_minor) AS amount_minor FROM judged WHERE fits GROUP BY 1) s
     WHERE p.id = s.promotion_id
)
SELECT order_id FROM weighed WHERE NOT fits AND (NOT runs OR amount_minor > free_minor)
