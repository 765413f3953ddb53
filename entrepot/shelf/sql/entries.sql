-- Put a chunk of products on the shelf; rows that say the same stay untouched. Returns the products that changed.
-- Parameters: storefront_id, currency, now, rows (JSON array of entries; ids are only used for new rows).
INSERT INTO shelf_entry AS e (id, storefront_id, product_id, slug, titles, brand_slug, brand_names, origin, image,
                              price_minor, was_minor, tax_minor, currency, kinds, in_stock, variants, categories, rank,
                              listed_at, title_keys, lexemes)
SELECT n.id, %(storefront_id)s, n.product_id, n.slug, n.titles, n.brand_slug, n.brand_names, n.origin, n.image,
       n.price_minor, n.was_minor, n.tax_minor, %(currency)s, n.kinds, n.in_stock, n.variants, n.categories, n.rank,
       %(now)s, n.title_keys, n.lexemes
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS n (id uuid, product_id uuid, slug text, titles jsonb, brand_slug text,
       brand_names jsonb, origin text, image text, price_minor bigint, was_minor bigint, tax_minor bigint,
       kinds smallint, in_stock boolean, variants smallint, categories text[], rank integer, title_keys text[],
       lexemes tsvector)
    ON CONFLICT (storefront_id, product_id) DO UPDATE
   SET slug = excluded.slug, titles = excluded.titles, brand_slug = excluded.brand_slug,
       brand_names = excluded.brand_names, origin = excluded.origin, image = excluded.image,
       price_minor = excluded.price_minor, was_minor = excluded.was_minor, tax_minor = excluded.tax_minor,
       currency = excluded.currency, kinds = excluded.kinds, in_stock = excluded.in_stock,
       variants = excluded.variants, categories = excluded.categories, rank = excluded.rank,
       title_keys = excluded.title_keys, lexemes = excluded.lexemes
 WHERE (e.slug, e.titles, e.brand_slug, e.brand_names, e.origin, e.image, e.price_minor, e.was_minor, e.tax_minor,
        e.currency, e.kinds, e.in_stock, e.variants, e.categories, e.rank, e.title_keys, e.lexemes)
       IS DISTINCT FROM
       (excluded.slug, excluded.titles, excluded.brand_slug, excluded.brand_names, excluded.origin, excluded.image,
        excluded.price_minor, excluded.was_minor, excluded.tax_minor, excluded.currency, excluded.kinds,
        excluded.in_stock, excluded.variants, excluded.categories, excluded.rank, excluded.title_keys,
        excluded.lexemes)
RETURNING e.product_id
