-- Put released lists of a warehouse that are on no pass on this one: those named, or the oldest. Whoever takes the same list
-- at the same moment waits for the row, and finds it taken. Parameters: pass_id, warehouse_id, first (the smallest id),
-- since (it was released), ids (NULL = any), most. Rows: those put on it.
WITH free AS MATERIALIZED (
    SELECT d.buyer_id, d.id FROM customs_declaration d
     WHERE d.warehouse_id = %(warehouse_id)s AND d.id >= %(first)s AND d.state = 'released' AND d.pass_id IS NULL
       AND d.since >= %(since)s AND d.stays_at IS NULL AND (%(ids)s::uuid[] IS NULL OR d.id = ANY(%(ids)s::uuid[]))
     ORDER BY d.id LIMIT %(most)s
       FOR UPDATE OF d
)
UPDATE customs_declaration d SET pass_id = %(pass_id)s
  FROM free f WHERE d.buyer_id = f.buyer_id AND d.id = f.id AND d.pass_id IS NULL AND d.state = 'released' AND d.stays_at IS NULL
RETURNING d.id
