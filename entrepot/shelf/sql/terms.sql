-- Learn words. Counts of known ones are left to the rebuild. Parameters: storefront_id, rows (JSON array).
INSERT INTO shelf_term AS t (id, storefront_id, term, surface, products, near)
SELECT n.id, %(storefront_id)s, n.term, n.surface, n.products, n.near
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS n (id uuid, term text, surface text, products integer, near text[])
    ON CONFLICT (storefront_id, term) DO UPDATE SET near = excluded.near WHERE t.near <> excluded.near
