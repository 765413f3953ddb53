-- What people have used of a year: ordered here, and beyond that as customs told us. Parameters: id_hashes, year.
SELECT id_hash, used_minor + corrected_minor AS used_minor FROM orders_annualuse WHERE id_hash = ANY(%(id_hashes)s::bytea[]) AND year = %(year)s::int
