-- Lines of a sales history as they came, for the transaction that takes them in.
CREATE TEMP TABLE replenishment_stage (
    line integer, digest bytea, invoice text, article text, spelling text, units integer, at timestamp, price numeric, customer text,
    country text, dirt text, taken_back integer NOT NULL DEFAULT 0
) ON COMMIT DROP
