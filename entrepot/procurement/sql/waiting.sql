-- What waits for a person: links in force that end (revoked or run out) after today and up to a day, orders and amendments
-- to be approved, and what is owed past its day.
-- Parameters: today, until.
SELECT (SELECT count(*) FROM procurement_authorisation
         WHERE valid_from <= %(today)s
           AND (valid_to > %(today)s AND valid_to <= %(until)s OR revoked_on > %(today)s AND revoked_on <= %(until)s)
       )::int AS ending,
       (SELECT count(*) FROM procurement_version WHERE state = 'draft')::int AS drafts,
       (SELECT count(*) FROM procurement_due WHERE paid_minor < amount_minor AND due_on < %(today)s)::int AS overdue
