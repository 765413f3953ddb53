-- Keep what staged lines say.
UPDATE catalogue_importrow AS r
SET parsed = d.parsed, code = d.code, number = d.number, product_slug = d.product_slug, verdict = d.verdict,
    problems = d.problems, diff = '{}'
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d (
    id uuid, parsed jsonb, code text, number text, product_slug text, verdict text, problems jsonb
)
WHERE r.id = d.id AND r.run_id = %(run_id)s
