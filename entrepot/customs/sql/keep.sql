-- Keep a message that was taken and is about no document of ours; the same bytes again only count. Parameters: the arrival's
-- columns, at.
INSERT INTO customs_arrival AS a (id, way, root, size, sha256, raw_sealed, outcome, told, first_at, last_at, times)
VALUES (%(id)s, %(way)s, %(root)s, %(size)s, %(sha256)s, %(raw_sealed)s, '', '', %(at)s, %(at)s, 1)
    ON CONFLICT (id) DO UPDATE
   SET times = a.times + 1, last_at = excluded.last_at, outcome = '', told = '', root = excluded.root
