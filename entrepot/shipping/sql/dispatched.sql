-- The carrier has taken the parcel over. Parameters: buyer_id, id, ask_at, now, ended_job. One row if this call moved it.
WITH moved AS (
    UPDATE shipping_waybill
       SET state = 'dispatched', dispatched_at = %(now)s, ask_at = %(ask_at)s
     WHERE buyer_id = %(buyer_id)s AND id = %(id)s AND state = 'booked'
    RETURNING *
),
-- include outbox/end
SELECT
-- include shipping/columns
       , NULL AS scans
  FROM moved
