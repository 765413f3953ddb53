-- Days from ordering to arrival by supplier and place, and of a supplier all in all (place ''), where enough deliveries tell.
SELECT supplier, coalesce(place, '') AS place, round(avg(arrived_on - ordered_on), 1) AS days,
       round(coalesce(stddev_samp(arrived_on - ordered_on), 0), 1) AS spread_days, count(*)::integer AS deliveries
  FROM replenishment_leadtime
 WHERE supplier = ANY(%(suppliers)s)
 GROUP BY GROUPING SETS ((supplier, place), (supplier))
HAVING (grouping(place) = 1 OR place <> '') AND count(*) >= %(deliveries_min)s
