-- Write statements on tax bills to their lists, and what bills come to by them. Each part of a bill yields to a higher mark
-- only, so any order, repetition and grouping ends in the same row. Parameters: notices (jsonb: a TaxNotice's columns but
-- times' sums), bills (jsonb: a TaxBill's columns; one per bill), at. What was refused as unknown has now been taken.
WITH notice AS (
    INSERT INTO customs_taxnotice AS k (id, buyer_id, declaration_id, tax_no, message, state, summed, note, duty, vat,
                                        excise, lines, returned_at, received_at, last_at, times, arrival_id)
    SELECT id, buyer_id, declaration_id, tax_no, message, state, summed, note, duty, vat, excise, lines, returned_at,
           received_at, last_at, times, arrival_id
      FROM jsonb_to_recordset(%(notices)s::jsonb)
        AS n(id uuid, buyer_id uuid, declaration_id uuid, tax_no text, message text, state text, summed text, note text,
             duty numeric, vat numeric, excise numeric, lines jsonb, returned_at timestamptz, received_at timestamptz,
             last_at timestamptz, times int, arrival_id uuid)
     ORDER BY id
        ON CONFLICT (buyer_id, id) DO UPDATE
       SET times = k.times + excluded.times, last_at = greatest(k.last_at, excluded.last_at),
           received_at = least(k.received_at, excluded.received_at)
    RETURNING k.arrival_id
), known AS (
    UPDATE customs_arrival SET outcome = '', told = ''
     WHERE outcome = 'unknown_document' AND id IN (SELECT arrival_id FROM notice)
)
INSERT INTO customs_taxbill AS b (id, buyer_id, declaration_id, parcel_id, order_number, list_number, tax_no, guarantor,
                                  mark, state, summed_mark, summed, notice_mark, notice_id, duty_minor, vat_minor,
                                  excise_minor, made_on, due_on, differs)
SELECT id, buyer_id, declaration_id, parcel_id, order_number, list_number, tax_no, guarantor, mark, state, summed_mark,
       summed, notice_mark, notice_id, duty_minor, vat_minor, excise_minor, made_on, due_on, false
  FROM jsonb_to_recordset(%(bills)s::jsonb)
    AS t(id uuid, buyer_id uuid, declaration_id uuid, parcel_id uuid, order_number text, list_number text, tax_no text,
         guarantor text, mark text, state text, summed_mark text, summed text, notice_mark text, notice_id uuid,
         duty_minor bigint, vat_minor bigint, excise_minor bigint, made_on date, due_on date)
 ORDER BY tax_no, declaration_id
    ON CONFLICT (buyer_id, declaration_id, tax_no) DO UPDATE
   SET mark = greatest(b.mark COLLATE "C", excluded.mark),
       state = CASE WHEN excluded.mark > b.mark COLLATE "C" THEN excluded.state ELSE b.state END,
       summed_mark = greatest(b.summed_mark COLLATE "C", excluded.summed_mark),
       summed = CASE WHEN excluded.summed_mark > b.summed_mark COLLATE "C" THEN excluded.summed ELSE b.summed END,
       (notice_mark, notice_id, guarantor, duty_minor, vat_minor, excise_minor, made_on, due_on) = (
           SELECT x.notice_mark, x.notice_id, x.guarantor, x.duty_minor, x.vat_minor, x.excise_minor, x.made_on, x.due_on
             FROM (VALUES (excluded.notice_mark, excluded.notice_id, excluded.guarantor, excluded.duty_minor,
                           excluded.vat_minor, excluded.excise_minor, excluded.made_on, excluded.due_on),
                          (b.notice_mark, b.notice_id, b.guarantor, b.duty_minor, b.vat_minor, b.excise_minor, b.made_on,
                           b.due_on))
                  AS x(notice_mark, notice_id, guarantor, duty_minor, vat_minor, excise_minor, made_on, due_on)
            ORDER BY x.notice_mark COLLATE "C" DESC LIMIT 1)
