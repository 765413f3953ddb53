-- What stands in the warehouses of a book, by item record of the book that no entry names yet. Parameters: book.
SELECT i.sku_id, i.item_record, sum(l.on_hand)::int AS units
  FROM stock_bookitem i
  JOIN stock_warehouse w ON w.account_book = i.book
  JOIN stock_level l ON l.sku_id = i.sku_id AND l.warehouse_id = w.id
  JOIN stock_lot o ON o.sku_id = l.sku_id AND o.id = l.lot_id AND o.item_record = i.item_record
 WHERE i.book = %(book)s
   AND NOT EXISTS (SELECT 1 FROM stock_bookentry e WHERE e.sku_id = i.sku_id AND e.book = i.book
                      AND e.item_record = i.item_record)
 GROUP BY i.sku_id, i.item_record
HAVING sum(l.on_hand) > 0
