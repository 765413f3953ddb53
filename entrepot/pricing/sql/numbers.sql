-- Take a block of numbers of a door's line; the first call after the start draws the order of those who came before it.
-- None is below `lowest`. Parameters: sale_id, count, begun, seed, lowest. One row if the sale exists.
UPDATE pricing_flashsale s
   SET next_number = greatest(s.next_number, %(lowest)s) + %(count)s,
       early = CASE WHEN %(begun)s THEN coalesce(s.early, s.next_number) ELSE s.early END,
       seed = CASE WHEN %(begun)s THEN coalesce(s.seed, %(seed)s) ELSE s.seed END
 WHERE s.id = %(sale_id)s
RETURNING s.next_number - %(count)s AS first, s.early, s.seed
