-- Keep what staged lines would change, or that they were written.
UPDATE catalogue_importrow AS r
SET verdict = d.verdict, problems = d.problems, diff = d.diff, written = d.written
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d (id uuid, verdict text, problems jsonb, diff jsonb, written boolean)
WHERE r.id = d.id AND r.run_id = %(run_id)s
