-- When the first of what was written since began to count, if that was before a moment. Parameters: written (ids from this
-- one on), until (the moment). One row; NULL for none.
SELECT min(at) AS first
  FROM (SELECT at FROM stock_movement WHERE id >= %(written)s AND at < %(until)s AND on_hand <> 0
        UNION ALL
        SELECT at FROM stock_lotcost WHERE id >= %(written)s AND at < %(until)s) e
