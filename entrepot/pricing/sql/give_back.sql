-- Give back of what an order took at sales' prices and under limits so many units as are named, as far as it holds them: its
-- takes first, then the rules in key order, items before limits. Parameters: order_id, sku_ids and units (side by side),
-- at, lock_timeout.
-- Rows: one per take closed or lessened; `fresh` = the list of an item that had no unit left before and is on sale at `at`.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), mine AS MATERIALIZED (
    SELECT t.id, t.sku_id, t.item_id, t.limit_id, t.period, least(w.units, t.quantity) AS quantity,
           w.units >= t.quantity AS whole, uuid_send(t.buyer_id) AS account, t.identity
      FROM patience, pricing_take t JOIN unnest(%(sku_ids)s::uuid[], %(units)s::int[]) AS w(sku_id, units) USING (sku_id)
     WHERE t.sku_id = ANY(%(sku_ids)s::uuid[]) AND t.order_id = %(order_id)s AND t.state = 'taken'
     ORDER BY t.sku_id, t.id
       FOR UPDATE OF t
), item AS MATERIALIZED (
    SELECT i.id, i.sku_id, i.taken = i.units AS gone, s.price_list_id,
           s.starts_at <= %(at)s AND s.ends_at > %(at)s AND s.called_off_at IS NULL AS running
      FROM pricing_flashsaleitem i JOIN pricing_flashsale s ON s.id = i.sale_id
     WHERE i.sku_id = ANY(%(sku_ids)s::uuid[]) AND i.id IN (SELECT item_id FROM mine)
     ORDER BY i.sku_id, i.id
       FOR UPDATE OF i
), bound AS MATERIALIZED (
    SELECT q.id FROM pricing_purchaselimit q
     WHERE (SELECT count(*) FROM item) >= 0 AND q.sku_id = ANY(%(sku_ids)s::uuid[])
       AND q.id IN (SELECT limit_id FROM mine)
     ORDER BY q.sku_id, q.id
       FOR UPDATE OF q
), closed AS (
    UPDATE pricing_take t
       SET state = CASE WHEN m.whole THEN 'given_back' ELSE t.state END,
           closed_at = CASE WHEN m.whole THEN %(at)s::timestamptz END,
           quantity = CASE WHEN m.whole THEN t.quantity ELSE t.quantity - m.quantity END
      FROM mine m WHERE t.sku_id = m.sku_id AND t.id = m.id AND (SELECT count(*) FROM bound) >= 0
), raised AS (
    UPDATE pricing_flashsaleitem i SET taken = i.taken - m.quantity
      FROM mine m WHERE i.sku_id = m.sku_id AND i.id = m.item_id
), lowered AS (
    UPDATE pricing_tally c SET quantity = c.quantity - r.quantity
      FROM (SELECT m.sku_id, d.* FROM mine m CROSS JOIN LATERAL (VALUES
                   (m.item_id, 0, m.account, m.quantity), (m.item_id, 0, m.identity, m.quantity),
                   (m.limit_id, m.period, m.account, m.quantity), (m.limit_id, m.period, m.identity, m.quantity))
                   AS d(rule_id, period, person, quantity) WHERE d.rule_id IS NOT NULL) r
     WHERE c.sku_id = r.sku_id AND c.rule_id = r.rule_id AND c.period = r.period AND c.person = r.person
)
SELECT m.sku_id, m.quantity, CASE WHEN i.gone AND i.running THEN i.price_list_id END AS fresh
  FROM mine m LEFT JOIN item i ON i.sku_id = m.sku_id AND i.id = m.item_id
