-- What customers who cancelled something had bought of the same article before, in the order of time.
SELECT s.customer, s.article, s.line, s.units, s.price
  FROM replenishment_stage s
  JOIN (SELECT DISTINCT customer, article FROM replenishment_stage
         WHERE dirt = 'cancellation_alone' AND customer <> '') c USING (customer, article)
 WHERE s.dirt IN ('', 'cancellation_alone')
 ORDER BY s.customer, s.article, s.at, s.line
