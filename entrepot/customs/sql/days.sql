-- Declarations made and released by day in China. Parameters: as in days_of.sql.
WITH
-- include customs/days_of
SELECT day, declared, released, median_s, most_s, slowest_s FROM told
