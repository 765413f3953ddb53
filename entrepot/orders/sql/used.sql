-- What a person has ordered in a year. Parameters: id_hash, year.
SELECT used_minor FROM orders_annualuse WHERE id_hash = %(id_hash)s::bytea AND year = %(year)s::int
