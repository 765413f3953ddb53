-- Keep a receipt from being closed until the transaction ends; any number of people may. Parameter: receipt_id.
SELECT r.consignment_id, r.state FROM receiving_receipt r WHERE r.id = %(receipt_id)s FOR SHARE
