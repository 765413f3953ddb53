-- Post entries of a book that wait, where the balance covers them by now: first what adds, then the oldest. Parameters:
-- book, sku_ids (NULL = all), lock_timeout. One row: how many.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), locked AS MATERIALIZED (
    SELECT i.*
      FROM patience, stock_bookitem i
     WHERE i.book = %(book)s AND (%(sku_ids)s::uuid[] IS NULL OR i.sku_id = ANY(%(sku_ids)s::uuid[]))
       AND EXISTS (SELECT 1 FROM stock_bookentry e WHERE e.sku_id = i.sku_id AND e.book = i.book
                      AND e.item_record = i.item_record AND NOT e.posted)
     ORDER BY i.sku_id, i.book, i.item_record
       FOR UPDATE OF i
), due AS (
    SELECT e.id, e.sku_id, k.balance + sum(e.quantity) OVER (
               PARTITION BY e.sku_id, e.item_record ORDER BY (e.quantity > 0) DESC, e.at, e.id) >= 0 AS fits
      FROM stock_bookentry e JOIN locked k USING (sku_id, book, item_record)
     WHERE NOT e.posted
), posted AS (
    UPDATE stock_bookentry e SET posted = true
      FROM due d WHERE d.fits AND e.sku_id = d.sku_id AND e.id = d.id AND NOT e.posted
    RETURNING e.sku_id, e.book, e.item_record, e.kind, e.quantity
), summed AS (
    SELECT sku_id, book, item_record, count(*) AS entries, sum(quantity) AS balance,
           coalesce(sum(quantity) FILTER (WHERE kind = 'inbound'), 0) AS inbound,
           coalesce(-sum(quantity) FILTER (WHERE kind = 'write_off'), 0) AS written_off,
           coalesce(sum(quantity) FILTER (WHERE kind = 'add_back'), 0) AS added_back,
           coalesce(-sum(quantity) FILTER (WHERE kind = 'dispose'), 0) AS disposed,
           coalesce(sum(quantity) FILTER (WHERE kind = 'correct'), 0) AS corrected
      FROM posted GROUP BY sku_id, book, item_record
), moved AS (  -- from what was locked: added to the row, its CHECK would first judge what the statement saw
    UPDATE stock_bookitem i
       SET balance = k.balance + s.balance, inbound = k.inbound + s.inbound, written_off = k.written_off + s.written_off,
           added_back = k.added_back + s.added_back, disposed = k.disposed + s.disposed,
           corrected = k.corrected + s.corrected
      FROM summed s JOIN locked k USING (sku_id, book, item_record)
     WHERE i.sku_id = s.sku_id AND i.book = s.book AND i.item_record = s.item_record
)
SELECT coalesce(sum(entries), 0)::int AS posted FROM summed
