-- Who is logged in, asked for each page. Parameter: id.
SELECT * FROM identity_person WHERE id = %(id)s
