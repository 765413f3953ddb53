-- What is open, by currency and week. Parameters: today, until (the first day after the weeks), supplier_id, currency
-- (NULL and '': any). Weeks begin on Monday.
SELECT currency,
       CASE WHEN due_on IS NULL THEN 'undetermined' WHEN due_on < %(today)s THEN 'overdue' ELSE 'coming' END AS state,
       CASE WHEN due_on >= %(today)s AND due_on < %(until)s THEN date_trunc('week', due_on)::date END AS week,
       sum(amount_minor - paid_minor)::bigint AS minor, count(*)::int AS parts
  FROM procurement_due
 WHERE paid_minor < amount_minor
   AND (%(supplier_id)s::uuid IS NULL OR supplier_id = %(supplier_id)s::uuid)
   AND (%(currency)s::text = '' OR currency = %(currency)s::text)
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
