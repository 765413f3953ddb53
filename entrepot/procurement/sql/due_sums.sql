-- What is open, by currency and week; first by day, of which there are few. Parameters: today, until (the first day after
-- the weeks), supplier_id, currency (NULL and '': any). Weeks begin on Monday.
WITH days AS (
    SELECT currency, due_on, sum(amount_minor - paid_minor) AS minor, count(*) AS parts
      FROM procurement_due
     WHERE paid_minor < amount_minor
       AND (%(supplier_id)s::uuid IS NULL OR supplier_id = %(supplier_id)s::uuid)
       AND (%(currency)s::text = '' OR currency = %(currency)s::text)
     GROUP BY currency, due_on
)
SELECT currency,
       CASE WHEN due_on IS NULL THEN 'undetermined' WHEN due_on < %(today)s THEN 'overdue' ELSE 'coming' END AS state,
       CASE WHEN due_on >= %(today)s AND due_on < %(until)s THEN date_trunc('week', due_on::timestamp)::date END AS week,
       sum(minor)::bigint AS minor, sum(parts)::int AS parts
  FROM days
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
