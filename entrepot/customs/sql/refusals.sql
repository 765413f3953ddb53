-- How often customs answered with each bad status, the most frequent first. Parameters: begin, end.
SELECT status, count(*)::int AS receipts
FROM customs_receipt
WHERE (status < 0 OR status IN (4, 100, 500, 501, 502, 503, 599, 700))
    AND returned_at >= %(begin)s AND returned_at < %(end)s
GROUP BY status
ORDER BY receipts DESC, status
LIMIT 12
