-- Keep what came and was not taken, as evidence; the same bytes again only count. Takes no more than `most` new ones an hour
-- from whoever sends them. What is said to be taken stays so: a message whose receipts are kept may be one of a refused
-- delivery later. Parameters: the arrival's columns, at, most.
INSERT INTO customs_arrival AS a (id, way, root, size, sha256, raw_sealed, outcome, told, first_at, last_at, times)
SELECT %(id)s, %(way)s, %(root)s, %(size)s, %(sha256)s, %(raw_sealed)s, %(outcome)s, %(told)s, %(at)s, %(at)s, 1
 WHERE EXISTS (SELECT 1 FROM customs_arrival WHERE id = %(id)s)
    OR (SELECT count(*) FROM (SELECT 1 FROM customs_arrival
                               WHERE outcome <> '' AND first_at > %(at)s::timestamptz - interval '1 hour' LIMIT %(most)s) r)
       < %(most)s
    ON CONFLICT (id) DO UPDATE
   SET times = a.times + 1, last_at = excluded.last_at,
       outcome = CASE WHEN a.outcome = '' THEN '' ELSE excluded.outcome END,
       told = CASE WHEN a.outcome = '' THEN '' ELSE excluded.told END
