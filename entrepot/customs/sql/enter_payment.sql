-- Enter that the bank moved tax. A second call with the reference waits for the first one's commit, then enters nothing; what was
-- taken back does not count. -- Parameters: a TaxPayment's columns but bills.
INSERT INTO customs_taxpayment (id, guarantor, reference, amount_minor, paid_on, month, summed, bills, actor, at)
VALUES (%(id)s, %(guarantor)s, %(reference)s, %(amount_minor)s, %(paid_on)s, %(month)s, %(summed)s, 0, %(actor)s, %(at)s)
    ON CONFLICT (guarantor, reference) WHERE counter_id IS NULL DO NOTHING
