-- Units that cancellations take back, on both lines; a cancellation whose units are all found is matched.
UPDATE replenishment_stage s
   SET taken_back = s.taken_back + t.units,
       dirt = CASE WHEN s.units < 0 AND s.taken_back + t.units = -s.units THEN 'cancellation' ELSE s.dirt END
  FROM (SELECT line, sum(units)::integer AS units
          FROM unnest(%(lines)s::integer[], %(units)s::integer[]) AS u (line, units) GROUP BY line) t
 WHERE t.line = s.line
