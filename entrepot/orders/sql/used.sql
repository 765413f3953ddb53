-- What people have ordered in a year. Parameters: id_hashes, year.
SELECT id_hash, used_minor FROM orders_annualuse WHERE id_hash = ANY(%(id_hashes)s::bytea[]) AND year = %(year)s::int
