-- Write scans down, each once for its client's id; returns those that are new. Parameters: scans (JSON), receipt_id,
-- at, actor. In the order of their ids: two senders of the same scans wait for each other and never crosswise.
INSERT INTO receiving_scan
    (id, receipt_id, sku_id, code, lot, produced_on, expires_on, origin, units, condition, pallet, scanned_at, taken_at,
     taken_by)
SELECT s.id, %(receipt_id)s, s.sku_id, s.code, s.lot, s.produced_on, s.expires_on, s.origin, s.units, s.condition,
       s.pallet, s.scanned_at, %(at)s, %(actor)s
  FROM json_to_recordset(%(scans)s::json) AS s
       (id uuid, sku_id uuid, code text, lot text, produced_on date, expires_on date, origin text, units int,
        condition text, pallet text, scanned_at timestamptz)
 ORDER BY s.id
    ON CONFLICT (id) DO NOTHING
RETURNING id
