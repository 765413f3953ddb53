-- Write a declaration with its documents and take the numbers they use; or renew one that is there (`renewing`).
-- Numbers that another declaration uses become differences, and then nothing will be sent. A waybill number is free again
-- after `reuse`. Parameters: the declaration's columns, numbers (jsonb: id, kind, company, number, difference), the
-- documents as arrays, at, ask_at. One row with its differences; none where the parcel has a declaration already.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(numbers)s::jsonb)
        AS w(id uuid, kind text, company text, number text, difference jsonb)
), taken AS (
    INSERT INTO customs_number AS u (id, kind, company, number, declaration_id, at)
    SELECT id, kind, company, number, %(id)s, %(at)s FROM wanted ORDER BY kind, company, number
        ON CONFLICT (kind, company, number) DO UPDATE SET declaration_id = excluded.declaration_id, at = excluded.at
     WHERE u.declaration_id = excluded.declaration_id
        OR u.kind = '511' AND u.at < excluded.at - %(reuse)s::interval
    RETURNING u.kind
), found AS MATERIALIZED (
    SELECT %(differences)s::jsonb
           || coalesce((SELECT jsonb_agg(difference) FROM wanted WHERE kind NOT IN (SELECT kind FROM taken)), '[]')
           AS differences
), opened AS (
    INSERT INTO customs_declaration AS d (id, buyer_id, order_id, parcel_id, order_number, trade_mode, state, held_code,
                                          standing, differences, list_number, asks, ask_at, created_at, changed_at,
                                          since, warehouse_id, account_book,
                                         booked)
    SELECT %(id)s, %(buyer_id)s, %(order_id)s, %(parcel_id)s, %(order_number)s, %(trade_mode)s,
           CASE WHEN f.differences = '[]' THEN %(state)s ELSE 'held' END,
           CASE WHEN f.differences = '[]' THEN %(held_code)s ELSE 'match' END,
           %(standing)s::jsonb, f.differences, '', 0, CASE WHEN f.differences = '[]' THEN %(ask_at)s::timestamptz END,
           %(at)s, %(at)s, %(at)s, %(warehouse_id)s::uuid, %(account_book)s, %(booked)s::jsonb
      FROM found f
        ON CONFLICT (buyer_id, parcel_id) DO UPDATE
       SET state = excluded.state, held_code = excluded.held_code, differences = excluded.differences, asks = 0,
           ask_at = excluded.ask_at, changed_at = excluded.changed_at, warehouse_id = excluded.warehouse_id,
           account_book = excluded.account_book, booked = excluded.booked,
           since = CASE WHEN excluded.state = d.state THEN d.since ELSE excluded.since END, quiet_until = NULL,
           standing = CASE WHEN excluded.differences = '[]' THEN excluded.standing ELSE d.standing END
     WHERE %(renewing)s
    RETURNING d.id, d.differences
), written AS (
    INSERT INTO customs_document (id, buyer_id, declaration_id, kind, version, number, xml_sealed, sha256, made_at, attempts)
    SELECT p.id, %(buyer_id)s, o.id, p.kind, p.version, p.number, p.xml_sealed, p.sha256, %(at)s, 0
      FROM opened o, unnest(%(document_ids)s::uuid[], %(kinds)s::text[], %(versions)s::int[], %(document_numbers)s::text[],
                            %(sealed)s::bytea[], %(hashes)s::bytea[])
           AS p(id, kind, version, number, xml_sealed, sha256)
     WHERE NOT %(renewing)s OR o.differences = '[]'
)
SELECT differences FROM opened
