-- How lines are entered into account books (enter.sql), when it is their `turn`; none where that has no row.
line AS MATERIALIZED (
    SELECT w.*
      FROM turn, jsonb_to_recordset(%(lines)s::jsonb)
               AS w(n int, id uuid, sku_id uuid, book text, item_record text, kind text, quantity int, reference text,
                    cause text, note text)
      JOIN stock_accountbook b ON b.number = w.book
     WHERE NOT EXISTS (SELECT 1 FROM stock_bookentry e
                        WHERE e.sku_id = w.sku_id AND e.book = w.book AND e.item_record = w.item_record
                          AND e.kind = w.kind AND e.reference = w.reference)
), open_item AS MATERIALIZED (
    SELECT i.*
      FROM turn, stock_bookitem i
     WHERE (i.sku_id, i.book, i.item_record) IN (SELECT sku_id, book, item_record FROM line)
     ORDER BY i.sku_id, i.book, i.item_record
       FOR UPDATE OF i
), judged AS (
    SELECT l.*, coalesce(k.balance + sum(l.quantity) OVER (
               PARTITION BY l.sku_id, l.book, l.item_record ORDER BY (l.quantity > 0) DESC, l.n) >= 0, false) AS posted
      FROM line l LEFT JOIN open_item k USING (sku_id, book, item_record)
), entered AS (  -- who enters the same at the same moment waits here, and finds it
    INSERT INTO stock_bookentry (id, sku_id, book, item_record, kind, quantity, reference, cause, note, actor, posted, at)
    SELECT id, sku_id, book, item_record, kind, quantity, reference, cause, note, %(actor)s, posted, %(at)s FROM judged
     ORDER BY sku_id, book, item_record, kind, reference
        ON CONFLICT (sku_id, book, item_record, kind, reference) DO NOTHING
    RETURNING sku_id, book, item_record, kind, quantity, reference, posted
), summed AS (
    SELECT sku_id, book, item_record, sum(quantity) AS balance,
           coalesce(sum(quantity) FILTER (WHERE kind = 'inbound'), 0) AS inbound,
           coalesce(-sum(quantity) FILTER (WHERE kind = 'write_off'), 0) AS written_off,
           coalesce(sum(quantity) FILTER (WHERE kind = 'add_back'), 0) AS added_back,
           coalesce(-sum(quantity) FILTER (WHERE kind = 'dispose'), 0) AS disposed,
           coalesce(sum(quantity) FILTER (WHERE kind = 'correct'), 0) AS corrected
      FROM entered WHERE posted GROUP BY sku_id, book, item_record
), moved AS (  -- from what was locked: added to the row, its CHECK would first judge what the statement saw
    UPDATE stock_bookitem i
       SET balance = k.balance + s.balance, inbound = k.inbound + s.inbound, written_off = k.written_off + s.written_off,
           added_back = k.added_back + s.added_back, disposed = k.disposed + s.disposed,
           corrected = k.corrected + s.corrected
      FROM summed s JOIN open_item k USING (sku_id, book, item_record)
     WHERE i.sku_id = s.sku_id AND i.book = s.book AND i.item_record = s.item_record
)
