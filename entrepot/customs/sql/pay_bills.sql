-- Mark the open bills of a guarantor as paid: those customs made in a month, or those on a summed bill. The condition is in
-- the write: each bill is paid once. Parameters: payment_id, guarantor, month, until (both NULL: not by month), summed
-- (empty: not by it), void. Rows: what each bill came to.
UPDATE customs_taxbill
   SET payment_id = %(payment_id)s, paid_minor = duty_minor + vat_minor + excise_minor
 WHERE guarantor = %(guarantor)s AND payment_id IS NULL AND state <> %(void)s
   AND duty_minor + vat_minor + excise_minor > 0
   AND CASE WHEN %(summed)s::text <> '' THEN summed = %(summed)s::text AND made_on IS NOT NULL
            ELSE made_on >= %(month)s::date AND made_on < %(until)s::date END
RETURNING paid_minor
