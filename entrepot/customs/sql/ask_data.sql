-- Customs asks for an order's raw payment data: keep the request and have it answered. The same session again is counted
-- and answered with the same bytes, not before `again_at`. Parameters: id, order_number, session_id, service_time, at,
-- again_at, sessions_max (of one order). One row with the request, `known` whether there is such an order: id is NULL
-- where it has had too many sessions.
WITH asked AS (
    SELECT buyer_id, order_id, order_number FROM customs_declaration
     WHERE order_number = %(order_number)s ORDER BY created_at DESC LIMIT 1
), kept AS (
    INSERT INTO customs_datarequest AS r (id, buyer_id, order_id, order_number, session_id, service_time, state, code,
                                          words, times, attempts, asked_at, last_at, ask_at)
    SELECT %(id)s, a.buyer_id, a.order_id, a.order_number, %(session_id)s, %(service_time)s, 'waiting', '', '', 1, 0,
           %(at)s, %(at)s, %(again_at)s
      FROM asked a
     WHERE EXISTS (SELECT 1 FROM customs_datarequest o WHERE o.buyer_id = a.buyer_id
                      AND o.order_number = a.order_number AND o.session_id = %(session_id)s)
        OR (SELECT count(*) FROM customs_datarequest o
             WHERE o.buyer_id = a.buyer_id AND o.order_id = a.order_id) < %(sessions_max)s
        ON CONFLICT (buyer_id, order_number, session_id) DO UPDATE
       SET times = r.times + 1, last_at = excluded.last_at, state = 'waiting', ask_at = coalesce(r.ask_at, excluded.ask_at)
    RETURNING r.id, r.buyer_id, r.times
)
SELECT k.id, k.buyer_id, k.times, EXISTS (SELECT 1 FROM asked) AS known
  FROM (SELECT 1) one LEFT JOIN kept k ON true
