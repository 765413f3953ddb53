-- Lines in force that count towards a programme, for the statements that include it as `counting`; `whole` is the order's
-- sum. An order counts on the day on which its first version was approved, whenever it was amended.
-- Parameters: starts_on, ends_on, countries, brand_ids, category_ids (empty arrays: whatever).
placed AS MATERIALIZED (
    SELECT o.id, o.currency, o.rate, o.total_minor,
           CASE WHEN o.version = 1 THEN o.approved_on
                ELSE (SELECT (min(v.approved_at) AT TIME ZONE 'Asia/Shanghai')::date
                        FROM procurement_version v WHERE v.order_id = o.id AND v.state = 'approved') END AS day
      FROM procurement_order o
     WHERE o.version > 0 AND o.state <> 'cancelled'
       AND o.approved_on >= %(starts_on)s::date AND (o.version > 1 OR o.approved_on < %(ends_on)s::date)
),
counting AS (
    SELECT o.id AS order_id, o.currency, o.rate, o.day, o.total_minor AS whole, l.id AS line_id, l.origin, l.brand_id,
           l.category_ids, l.amount_minor AS minor
      FROM placed o
      JOIN procurement_line l ON l.order_id = o.id
     WHERE o.day >= %(starts_on)s::date AND o.day < %(ends_on)s::date AND l.units > 0
       AND (%(countries)s::text[] = '{}' OR l.origin = ANY(%(countries)s::text[]))
       AND (%(brand_ids)s::uuid[] = '{}' OR l.brand_id = ANY(%(brand_ids)s::uuid[]))
       AND (%(category_ids)s::uuid[] = '{}' OR l.category_ids && %(category_ids)s::uuid[])
)
