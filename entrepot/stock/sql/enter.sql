-- Enter lines into account books, each once: the items of the books are locked in key order, and what the balance covers is
-- posted; the rest is kept and waits (post.sql). Lines of books that the house does not keep are passed over. Parameters:
-- lines (jsonb: n, id, sku_id, book, item_record, kind, quantity (signed), reference, cause, note), actor, at, lock_timeout.
-- Rows: the entries that are new.
WITH turn AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
),
-- include stock/entering
SELECT * FROM entered
