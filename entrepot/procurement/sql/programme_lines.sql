-- Lines in force that count towards a programme, for the statements that include it as `counting`; `whole` is the order's
-- sum. Parameters: starts_on, ends_on, countries, brand_ids, category_ids (empty arrays: whatever).
counting AS (
    SELECT o.id AS order_id, o.currency, o.rate, o.approved_on AS day, o.total_minor AS whole, l.id AS line_id, l.origin,
           l.brand_id, l.category_ids, l.amount_minor AS minor
      FROM procurement_order o
      JOIN procurement_line l ON l.order_id = o.id
     WHERE o.version > 0 AND o.state <> 'cancelled' AND l.units > 0
       AND o.approved_on >= %(starts_on)s::date AND o.approved_on < %(ends_on)s::date
       AND (%(countries)s::text[] = '{}' OR l.origin = ANY(%(countries)s::text[]))
       AND (%(brand_ids)s::uuid[] = '{}' OR l.brand_id = ANY(%(brand_ids)s::uuid[]))
       AND (%(category_ids)s::uuid[] = '{}' OR l.category_ids && %(category_ids)s::uuid[])
)
