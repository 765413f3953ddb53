-- Keep what staged lines would change.
UPDATE catalogue_importrow AS r
SET verdict = d.verdict, problems = d.problems, diff = d.diff
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d (id uuid, verdict text, problems jsonb, diff jsonb)
WHERE r.id = d.id AND r.run_id = %(run_id)s
