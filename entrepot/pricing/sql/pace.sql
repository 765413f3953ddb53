-- Orders per minute of a flash sale. Parameters: sale_id, since, at. Rows: minute (how many before `at`), orders.
SELECT floor(extract(epoch FROM %(at)s::timestamptz - t.at) / 60)::int AS minutes_ago, count(DISTINCT t.order_id) AS orders
  FROM pricing_flashsaleitem i JOIN pricing_take t ON t.item_id = i.id AND t.sku_id = i.sku_id
 WHERE i.sale_id = %(sale_id)s AND t.at > %(since)s AND t.at <= %(at)s
 GROUP BY 1
