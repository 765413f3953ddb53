-- Books beside stock, by item record: what the book says, what stands in the warehouses of the book, and what is in motion
-- between them since the book was opened (docs/algorithms/account-book.md). What was added back under the reference of the
-- list that wrote it off never left: it is in motion neither way. What came back as duty-paid goods is in no book. Parameters: book (NULL = all), sku_ids (NULL =
-- all). Goods and entries without a record in the book have a row too.
WITH book AS MATERIALIZED (
    SELECT number, opened_at FROM stock_accountbook WHERE %(book)s::text IS NULL OR number = %(book)s
), level AS MATERIALIZED (  -- joined below by one column: by two, the server would expect a row and look up level by level
    SELECT l.id, l.sku_id, l.lot_id, b.number AS book, l.on_hand, b.opened_at
      FROM book b JOIN stock_warehouse w ON w.account_book = b.number
      JOIN stock_level l ON l.warehouse_id = w.id
     WHERE %(sku_ids)s::uuid[] IS NULL OR l.sku_id = ANY(%(sku_ids)s::uuid[])
), moved AS (
    SELECT l.id, -sum(m.on_hand) FILTER (WHERE m.kind = 'ship') AS shipped,
           sum(m.on_hand) FILTER (WHERE m.kind = 'return') AS arrived
      FROM level l JOIN stock_movement m ON m.level_id = l.id
     WHERE m.kind IN ('ship', 'return') AND m.at >= l.opened_at
     GROUP BY l.id
), standing AS (
    SELECT l.sku_id, l.book, o.item_record, sum(l.on_hand) AS units, sum(m.shipped) AS shipped, sum(m.arrived) AS arrived
      FROM level l JOIN stock_lot o ON o.id = l.lot_id LEFT JOIN moved m ON m.id = l.id
     GROUP BY l.sku_id, l.book, o.item_record
), entered AS (
    SELECT e.sku_id, e.book, e.item_record, -sum(e.quantity) FILTER (WHERE e.kind = 'write_off') AS written,
           sum(e.quantity) FILTER (WHERE e.kind = 'add_back') AS added, sum(e.quantity) FILTER (WHERE NOT e.posted) AS waiting
      FROM book b JOIN stock_bookentry e ON e.book = b.number
     WHERE %(sku_ids)s::uuid[] IS NULL OR e.sku_id = ANY(%(sku_ids)s::uuid[])
     GROUP BY e.sku_id, e.book, e.item_record
), stayed AS (
    SELECT a.sku_id, a.book, a.item_record, sum(a.quantity) AS units
      FROM book b JOIN stock_bookentry a ON a.book = b.number AND a.kind = 'add_back'
      JOIN stock_bookentry w ON w.sku_id = a.sku_id AND w.book = a.book AND w.item_record = a.item_record
                            AND w.kind = 'write_off' AND w.reference = a.reference
     WHERE %(sku_ids)s::uuid[] IS NULL OR a.sku_id = ANY(%(sku_ids)s::uuid[])
     GROUP BY a.sku_id, a.book, a.item_record
), home AS (  -- left a warehouse of the book for good and came back from the buyer to one at home: domestic goods
    SELECT l.sku_id, b.number AS book, o.item_record, sum(m.on_hand) AS units
      FROM stock_warehouse w JOIN stock_level l ON l.warehouse_id = w.id AND w.kind IN ('domestic', 'shop')
      JOIN stock_lot o ON o.id = l.lot_id AND o.item_record <> ''
      JOIN stock_movement m ON m.level_id = l.id AND m.kind = 'return'
      JOIN book b ON m.at >= b.opened_at AND EXISTS (SELECT 1 FROM level k WHERE k.lot_id = l.lot_id AND k.book = b.number)
     WHERE %(sku_ids)s::uuid[] IS NULL OR l.sku_id = ANY(%(sku_ids)s::uuid[])
     GROUP BY l.sku_id, b.number, o.item_record
), due AS (
    SELECT n.sku_id, i.book, n.item_record, sum(greatest(n.quantity - coalesce(n.counted, 0), 0)) FILTER (WHERE i.state IN ('declared', 'arrived')) AS coming,
           coalesce(sum(n.counted - n.quantity) FILTER (WHERE i.state = 'put_away' AND i.settled = ''), 0)
           + coalesce(sum(greatest(n.counted - n.quantity, 0)) FILTER (WHERE i.state = 'arrived'), 0) AS miscounted
      FROM book b JOIN stock_inbound i ON i.book = b.number JOIN stock_inboundline n ON n.of_id = i.id
     WHERE %(sku_ids)s::uuid[] IS NULL OR n.sku_id = ANY(%(sku_ids)s::uuid[])
     GROUP BY n.sku_id, i.book, n.item_record
), item AS (
    SELECT i.* FROM book b JOIN stock_bookitem i ON i.book = b.number
     WHERE %(sku_ids)s::uuid[] IS NULL OR i.sku_id = ANY(%(sku_ids)s::uuid[])
), told AS (
    SELECT sku_id, book, item_record, coalesce(i.hs_code, '') AS hs_code, coalesce(i.unit, '') AS unit,
           coalesce(i.origin, '') AS origin, coalesce(i.name, '') AS name, coalesce(i.inbound, 0) AS inbound,
           coalesce(i.written_off, 0) AS written_off, coalesce(i.added_back, 0) AS added_back,
           coalesce(i.disposed, 0) AS disposed, coalesce(i.corrected, 0) AS corrected, coalesce(i.balance, 0) AS balance,
           coalesce(s.units, 0) AS in_stock, coalesce(d.coming, 0) AS coming, coalesce(e.waiting, 0) AS waiting,
           coalesce(e.written, 0) - coalesce(s.shipped, 0) - coalesce(y.units, 0) AS leaving,
           coalesce(e.added, 0) - coalesce(s.arrived, 0) - coalesce(y.units, 0) AS "returning", coalesce(d.miscounted, 0) AS miscounted,
           coalesce(h.units, 0) AS duty_paid
      FROM item i
      FULL JOIN standing s USING (sku_id, book, item_record)
      FULL JOIN entered e USING (sku_id, book, item_record)
      LEFT JOIN due d USING (sku_id, book, item_record)
      LEFT JOIN stayed y USING (sku_id, book, item_record)
      LEFT JOIN home h USING (sku_id, book, item_record)
)
SELECT sku_id, book, item_record, hs_code, unit, origin, name, inbound::bigint, written_off::bigint, added_back::bigint,
       disposed::bigint, corrected::bigint, balance::bigint, in_stock::bigint, coming::bigint, waiting::bigint,
       leaving::bigint, "returning"::bigint, miscounted::bigint,
       (balance + waiting - in_stock - coming + leaving - "returning" + miscounted)::bigint AS wrong, duty_paid::bigint
  FROM told
 ORDER BY book, item_record, sku_id
