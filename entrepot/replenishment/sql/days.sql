-- Days of sales out of staged lines: sold, taken back before it meant demand, and returned on the day itself.
SELECT article, max(spelling) AS spelling, at::date AS day,
       coalesce(sum(units) FILTER (WHERE units > 0), 0)::integer AS units,
       coalesce(sum(taken_back) FILTER (WHERE units > 0), 0)::integer AS cancelled,
       coalesce(sum(-units - taken_back) FILTER (WHERE units < 0), 0)::integer AS returned
  FROM replenishment_stage
 WHERE dirt IN ('', 'no_customer', 'cancellation', 'cancellation_alone')
 GROUP BY article, at::date
HAVING sum(abs(units)) > 0
   AND (coalesce(sum(units) FILTER (WHERE units > 0), 0) > 0 OR sum(-units - taken_back) FILTER (WHERE units < 0) > 0)
