-- Keep what customs says of tax bills until it is put to its list, and the messages that are about a list of ours. The same
-- again only counts. Parameters: said (jsonb: n, id, list_number, tax_no, message, returned_at, told, arrival_id), the
-- messages as arrays (as in move.sql), at. Rows: one per `n`, with whether its list is ours.
WITH said AS MATERIALIZED (
    SELECT s.*, EXISTS (SELECT 1 FROM customs_declaration d
                         WHERE d.list_number = s.list_number AND d.list_number <> '') AS ours
      FROM jsonb_to_recordset(%(said)s::jsonb)
        AS s(n int, id uuid, list_number text, tax_no text, message text, returned_at timestamptz, told jsonb,
             arrival_id uuid)
), arrived AS (
    INSERT INTO customs_arrival AS a (id, way, root, size, sha256, raw_sealed, outcome, told, first_at, last_at, times)
    SELECT id, way, root, size, sha256, raw_sealed, '', '', %(at)s, %(at)s, 1
      FROM unnest(%(arrival_ids)s::uuid[], %(ways)s::text[], %(roots)s::text[], %(sizes)s::bigint[],
                  %(arrival_hashes)s::bytea[], %(raws)s::bytea[]) AS m(id, way, root, size, sha256, raw_sealed)
     WHERE id IN (SELECT arrival_id FROM said WHERE ours)
     ORDER BY id
        ON CONFLICT (id) DO UPDATE
       SET times = a.times + 1, last_at = excluded.last_at, outcome = '', told = '', root = excluded.root
), kept AS (
    INSERT INTO customs_taxinbox AS i (id, list_number, tax_no, message, returned_at, told, arrival_id, first_at, last_at,
                                       times)
    SELECT id, list_number, tax_no, message, returned_at, told, arrival_id, %(at)s, %(at)s, times
      FROM (SELECT s.*, count(*) OVER (PARTITION BY id) AS times, row_number() OVER (PARTITION BY id ORDER BY n) AS nth
              FROM said s) one
     WHERE nth = 1
     ORDER BY id
        ON CONFLICT (id) DO UPDATE SET times = i.times + excluded.times, last_at = excluded.last_at
)
SELECT n, ours FROM said ORDER BY n
