-- How many standing orders of each of these people have a promotion that counts them. Parameters: promotion_ids, people.
SELECT c.rule_id, c.person, c.quantity
  FROM unnest(%(promotion_ids)s::uuid[]) AS p(id) CROSS JOIN unnest(%(people)s::bytea[]) AS who(person)
       CROSS JOIN LATERAL (
       SELECT t.rule_id, t.person, t.quantity FROM pricing_tally t
        WHERE t.sku_id = p.id AND t.rule_id = p.id AND t.period = 0 AND t.person = who.person OFFSET 0) c
 WHERE c.quantity > 0
