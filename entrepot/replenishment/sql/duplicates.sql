-- Every line that says the same as an earlier one in all its fields.
UPDATE replenishment_stage s SET dirt = 'duplicate'
  FROM (SELECT line, row_number() OVER (PARTITION BY digest ORDER BY line) AS nth FROM replenishment_stage) d
 WHERE d.line = s.line AND d.nth > 1
