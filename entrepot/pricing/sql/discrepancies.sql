-- Counters that are not the sum of what was taken and granted. No parameters; reads everything.
WITH open AS (
    SELECT t.*, uuid_send(t.buyer_id) AS account FROM pricing_take t WHERE t.state = 'taken'
), each AS (
    SELECT o.sku_id, d.* FROM open o CROSS JOIN LATERAL (VALUES
           (o.item_id, 0, o.account, o.quantity), (o.item_id, 0, o.identity, o.quantity),
           (o.limit_id, o.period, o.account, o.quantity), (o.limit_id, o.period, o.identity, o.quantity))
           AS d(rule_id, period, person, quantity) WHERE d.rule_id IS NOT NULL
     UNION ALL
    SELECT p.id, p.id, 0, d.person, 1
      FROM pricing_grant g JOIN pricing_promotion p ON p.id = g.promotion_id
           CROSS JOIN LATERAL (VALUES (uuid_send(g.buyer_id)), (g.identity)) AS d(person)
     WHERE p.per_person IS NOT NULL AND g.amount_minor > 0
), summed AS (
    SELECT sku_id, rule_id, period, person, sum(quantity) AS quantity FROM each GROUP BY 1, 2, 3, 4
)
SELECT 'units' AS rule, i.sku_id, i.id AS rule_id, coalesce(sum(o.quantity), 0)::int AS expected, i.taken AS found
  FROM pricing_flashsaleitem i LEFT JOIN open o ON o.sku_id = i.sku_id AND o.item_id = i.id
 GROUP BY i.sku_id, i.id HAVING coalesce(sum(o.quantity), 0) <> i.taken
UNION ALL
SELECT 'tally', coalesce(s.sku_id, c.sku_id), coalesce(s.rule_id, c.rule_id), coalesce(s.quantity, 0)::int,
       coalesce(c.quantity, 0)
  FROM summed s FULL JOIN pricing_tally c USING (sku_id, rule_id, period, person)
 WHERE coalesce(s.quantity, 0) <> coalesce(c.quantity, 0)
UNION ALL
SELECT 'budget', '00000000-0000-0000-0000-000000000000', p.id, coalesce(sum(g.amount_minor), 0)::bigint, p.given_minor
  FROM pricing_promotion p LEFT JOIN pricing_grant g ON g.promotion_id = p.id
 GROUP BY p.id HAVING coalesce(sum(g.amount_minor), 0) <> p.given_minor
