-- Fragment: what is read of a waybill, by name (as payments/columns).
       id, buyer_id, order_id, order_number, parcel_id, number, carrier, carrier_code, carrier_name, state, freight_minor,
       insurance_minor, weight_g, transport_mode, vessel, voyage, bill, goods_text, consignee_sealed, dispatched_at