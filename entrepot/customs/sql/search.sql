-- Declarations whose number begins so, in the order of numbers, which begin with the day: the greatest first. Read from the
-- index alone. Parameters: begins (a pattern), state ('' = any), before (an id), most, skip.
SELECT id FROM customs_declaration
 WHERE order_number LIKE %(begins)s AND (%(state)s = '' OR state = %(state)s) AND id < %(before)s
 ORDER BY order_number USING ~>~, id DESC
 LIMIT %(most)s OFFSET %(skip)s
