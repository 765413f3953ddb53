-- Tax by guarantor and month in which customs made the bill: what stands, what is paid, open and overdue, what is void, and
-- how the lines of those lists stand with what was collected. Parameters: since, today, void.
WITH bill AS (
    SELECT guarantor, date_trunc('month', made_on)::date AS month, state <> %(void)s AS stands, state = '2' AS summed,
           payment_id IS NOT NULL AS paid, due_on, duty_minor, vat_minor, excise_minor, paid_minor,
           duty_minor + vat_minor + excise_minor AS total
      FROM customs_taxbill WHERE made_on >= %(since)s
), billed AS (
    SELECT guarantor, month, count(*) FILTER (WHERE stands) AS bills,
           coalesce(sum(duty_minor) FILTER (WHERE stands), 0) AS duty, coalesce(sum(vat_minor) FILTER (WHERE stands), 0) AS vat,
           coalesce(sum(excise_minor) FILTER (WHERE stands), 0) AS excise,
           coalesce(sum(total) FILTER (WHERE stands AND summed), 0) AS summed,
           coalesce(sum(paid_minor) FILTER (WHERE stands), 0) AS paid,
           coalesce(sum(total) FILTER (WHERE stands AND NOT paid), 0) AS open,
           coalesce(sum(total) FILTER (WHERE stands AND NOT paid AND due_on < %(today)s), 0) AS overdue,
           min(due_on) FILTER (WHERE stands AND NOT paid AND total > 0) AS first_due,
           max(due_on) FILTER (WHERE stands AND NOT paid AND total > 0) AS last_due,
           count(*) FILTER (WHERE NOT stands) AS void_bills, coalesce(sum(total) FILTER (WHERE NOT stands), 0) AS void,
           coalesce(sum(paid_minor) FILTER (WHERE NOT stands), 0) AS void_paid
      FROM bill GROUP BY guarantor, month
), lined AS (
    SELECT guarantor, date_trunc('month', made_on)::date AS month, sum(lifted_minor) AS lifted,
           count(*) FILTER (WHERE kind <> '') AS differing, sum(difference_minor) AS difference
      FROM customs_taxline WHERE made_on >= %(since)s GROUP BY 1, 2
)
SELECT b.*, coalesce(l.lifted, 0) AS lifted, coalesce(l.differing, 0) AS differing, coalesce(l.difference, 0) AS difference
  FROM billed b LEFT JOIN lined l ON l.guarantor = b.guarantor AND l.month = b.month
 ORDER BY month DESC, guarantor
