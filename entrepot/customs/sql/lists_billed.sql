-- The declarations of lists of which a statement on a tax bill waits, locked in the order that receipts lock them: who puts
-- bills to lists, and who hears that a return was accepted, sees what the other wrote. Of two declarations with one list
-- number the first counts. Parameters: most (lists), since (what came before is not looked for any more), lock_timeout.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', %(lock_timeout)s, true)
), waiting AS MATERIALIZED (
    SELECT DISTINCT ON (i.list_number) i.list_number, d.id
      FROM customs_taxinbox i JOIN customs_declaration d ON d.list_number = i.list_number AND d.list_number <> ''
     WHERE i.first_at >= %(since)s
     ORDER BY i.list_number, d.id
     LIMIT %(most)s
)
SELECT d.id, d.buyer_id, d.parcel_id, d.order_number, d.list_number
  FROM patience, customs_declaration d
 WHERE d.id IN (SELECT id FROM waiting)
 ORDER BY d.id
   FOR UPDATE OF d
