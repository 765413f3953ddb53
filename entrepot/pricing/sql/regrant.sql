-- Change what stands of an order's grant by delta_minor, and the budget with it; with delta_minor NULL all of it stands
-- again, if the budget has room. Parameters: order_id, buyer_id, delta_minor, lock_timeout.
-- Rows: the amount by which it changed; none where the order has no grant, or there is no room.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), mine AS MATERIALIZED (
    SELECT g.id, g.promotion_id,
           CASE WHEN %(delta_minor)s::bigint IS NULL THEN g.promised_minor - g.amount_minor
                ELSE greatest(%(delta_minor)s::bigint, -g.amount_minor) END AS delta
      FROM patience, pricing_grant g WHERE g.order_id = %(order_id)s AND g.buyer_id = %(buyer_id)s
       FOR UPDATE OF g
), budget AS (
    UPDATE pricing_promotion p SET given_minor = p.given_minor + m.delta
      FROM mine m WHERE p.id = m.promotion_id AND p.given_minor + m.delta <= p.budget_minor
    RETURNING p.id
)
UPDATE pricing_grant g SET amount_minor = g.amount_minor + m.delta
  FROM mine m JOIN budget b ON b.id = m.promotion_id WHERE g.id = m.id AND g.order_id = %(order_id)s
RETURNING m.delta
