-- Fragment: what is read of a payment, by name: a statement that is kept prepared may not change what it returns when a
-- migration adds a column.
       id, buyer_id, order_id, order_number, provider, state, currency, amount_minor, refunded_minor, refunding_minor,
       provider_payment, company_code, company_name, payer_check, verifying_department, verifying_transaction, captured_at,
       payer_real_name_id, pay_until, language, created_at