-- An account comes in by a number that a visitor drew. Parameters: id, sale_id, number, buyer_id, at.
-- One row with whose the number is: the caller's, or somebody's who came in by it before.
INSERT INTO pricing_spentnumber AS n (id, sale_id, number, buyer_id, at)
VALUES (%(id)s, %(sale_id)s, %(number)s, %(buyer_id)s, %(at)s)
    ON CONFLICT (sale_id, number) DO UPDATE SET at = n.at
RETURNING n.buyer_id
