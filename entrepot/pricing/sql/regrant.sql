-- Change what stands of an order's grant by delta_minor, and the budget with it; with delta_minor NULL all of it stands
-- again, if the budget has room and so has its person. An order that begins or ends to have any is counted so, where the
-- promotion has a limit for one person. Parameters: order_id, buyer_id, delta_minor, lock_timeout.
-- Rows: the amount by which it changed; none where the order has no grant, or there is no room.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), mine AS MATERIALIZED (
    SELECT g.id, g.promotion_id, g.amount_minor, uuid_send(g.buyer_id) AS account, g.identity,
           CASE WHEN %(delta_minor)s::bigint IS NULL THEN g.promised_minor - g.amount_minor
                ELSE greatest(%(delta_minor)s::bigint, -g.amount_minor) END AS delta
      FROM patience, pricing_grant g WHERE g.order_id = %(order_id)s AND g.buyer_id = %(buyer_id)s
       FOR UPDATE OF g
), step AS MATERIALIZED (
    SELECT m.*, (m.amount_minor + m.delta > 0)::int - (m.amount_minor > 0)::int AS orders FROM mine m
), held AS MATERIALIZED (
    SELECT p.id, p.given_minor, p.budget_minor, p.per_person
      FROM step s CROSS JOIN LATERAL (
           SELECT p.* FROM pricing_promotion p WHERE p.id = s.promotion_id FOR UPDATE OF p) p
), counted AS MATERIALIZED (  -- both rows are there since the order was placed
    SELECT c.id, c.sku_id, c.most, c.quantity + s.orders AS quantity
      FROM step s JOIN held h ON h.id = s.promotion_id AND h.per_person IS NOT NULL AND s.orders <> 0
           CROSS JOIN LATERAL (
           SELECT c.* FROM pricing_tally c
            WHERE c.sku_id = h.id AND c.rule_id = h.id AND c.period = 0 AND c.person IN (s.account, s.identity)
            ORDER BY c.person
              FOR UPDATE OF c) c
), turned AS MATERIALIZED (
    SELECT s.id, s.promotion_id, s.delta, s.amount_minor + s.delta AS amount_minor, h.given_minor + s.delta AS given_minor
      FROM step s JOIN held h ON h.id = s.promotion_id
     WHERE h.given_minor + s.delta <= h.budget_minor AND NOT EXISTS (SELECT 1 FROM counted WHERE quantity > most)
), budget AS (  -- set to what was read under the lock, not added to: see grant.sql
    UPDATE pricing_promotion p SET given_minor = t.given_minor FROM turned t WHERE p.id = t.promotion_id
), counting AS (
    UPDATE pricing_tally c SET quantity = k.quantity
      FROM counted k CROSS JOIN turned WHERE c.sku_id = k.sku_id AND c.id = k.id
)
UPDATE pricing_grant g SET amount_minor = t.amount_minor
  FROM turned t WHERE g.id = t.id AND g.order_id = %(order_id)s
RETURNING t.delta
