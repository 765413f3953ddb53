-- Insert or change brands by slug; says which rows were new or really changed. Rows come as one JSON array.
INSERT INTO catalogue_brand AS b (id, slug, names, keys, country)
SELECT d.id, d.slug, d.names, d.keys, d.country
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d (id uuid, slug text, names jsonb, keys text[], country text)
ORDER BY d.slug
ON CONFLICT (slug) DO UPDATE SET names = excluded.names, keys = excluded.keys, country = excluded.country
WHERE (b.names, b.country) IS DISTINCT FROM (excluded.names, excluded.country)
RETURNING b.id
