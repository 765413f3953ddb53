-- Fragment: which of these versions of rate books ("cn-cbec/1") has a newer one. Parameter: books.
superseded AS (
    SELECT u.code FROM unnest(%(books)s::text[]) AS u(code)
     WHERE EXISTS (SELECT 1 FROM tariff_book b
                    WHERE b.name = split_part(u.code, '/', 1) AND b.number > split_part(u.code, '/', 2)::int)
)
