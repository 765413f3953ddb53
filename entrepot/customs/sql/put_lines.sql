-- Write the lines of some billed lists as they were reckoned; those that are no more go, and each bill says whether a line of
-- its list differs. The declarations are locked. Parameters: lines (jsonb: a TaxLine's columns), buyer_ids, ids.
WITH line AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(lines)s::jsonb)
        AS l(id uuid, buyer_id uuid, declaration_id uuid, gnum int, parcel_id uuid, order_number text, list_number text,
             guarantor text, made_on date, duty_minor bigint, vat_minor bigint, excise_minor bigint,
             lifted_duty_minor bigint, lifted_vat_minor bigint, lifted_excise_minor bigint, billed_duty_minor bigint,
             billed_vat_minor bigint, billed_excise_minor bigint, value_minor bigint, billed_value_minor bigint, code text,
             billed_code text, lifted_minor bigint, difference_minor bigint, kind text)
), gone AS (
    DELETE FROM customs_taxline k
     WHERE k.buyer_id = ANY(%(buyer_ids)s) AND k.declaration_id = ANY(%(ids)s)
       AND NOT EXISTS (SELECT 1 FROM line l WHERE l.declaration_id = k.declaration_id AND l.gnum = k.gnum)
), marked AS (
    UPDATE customs_taxbill b SET differs = f.differs
      FROM (SELECT d.id, EXISTS (SELECT 1 FROM line l WHERE l.declaration_id = d.id AND l.kind <> '') AS differs
              FROM unnest(%(ids)s::uuid[]) AS d(id)) f
     WHERE b.buyer_id = ANY(%(buyer_ids)s) AND b.declaration_id = f.id AND b.differs <> f.differs
)
INSERT INTO customs_taxline AS k (id, buyer_id, declaration_id, gnum, parcel_id, order_number, list_number, guarantor,
                                  made_on, duty_minor, vat_minor, excise_minor, lifted_duty_minor, lifted_vat_minor,
                                  lifted_excise_minor, billed_duty_minor, billed_vat_minor, billed_excise_minor, value_minor,
                                  billed_value_minor, code, billed_code, lifted_minor, difference_minor, kind)
SELECT * FROM line ORDER BY declaration_id, gnum
    ON CONFLICT (buyer_id, declaration_id, gnum) DO UPDATE
   SET guarantor = excluded.guarantor, made_on = excluded.made_on, duty_minor = excluded.duty_minor,
       vat_minor = excluded.vat_minor, excise_minor = excluded.excise_minor,
       lifted_duty_minor = excluded.lifted_duty_minor, lifted_vat_minor = excluded.lifted_vat_minor,
       lifted_excise_minor = excluded.lifted_excise_minor, billed_duty_minor = excluded.billed_duty_minor,
       billed_vat_minor = excluded.billed_vat_minor, billed_excise_minor = excluded.billed_excise_minor,
       value_minor = excluded.value_minor, billed_value_minor = excluded.billed_value_minor, code = excluded.code,
       billed_code = excluded.billed_code, lifted_minor = excluded.lifted_minor,
       difference_minor = excluded.difference_minor, kind = excluded.kind
