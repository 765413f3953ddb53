-- Stage the lines of a file.
INSERT INTO catalogue_importrow (
    id, run_id, line, cells, parsed, code, number, product_slug, verdict, problems, diff, written
)
SELECT d.id, %(run_id)s, d.line, d.cells, '{}', '', '', '', '', '[]', '{}', false
FROM jsonb_to_recordset(%(rows)s::jsonb) AS d (id uuid, line integer, cells jsonb)
