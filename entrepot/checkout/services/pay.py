"""Send the buyer to pay."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.identity import services as identity
from entrepot.kit.refusals import NotFound
from entrepot.payments import services as paying


def open_payment(
    *,
    buyer_id: UUID,
    reader: str,
    return_url: str,
    notify_url: str,
    now: datetime,
    order_id: UUID | None = None,
    number: str = "",
) -> str:
    """The address of the provider's cashier for an order, by its id or its number. `notify_url` holds `{provider}`.

    The payer's name and ID number are read for the provider (logged as read by `reader`). Calls outside, so not inside
    a transaction; repeatable. Refuses NotFound and what `payments.services.begin` and `open` refuse.
    """
    try:
        payment = paying.begin(order_id=order_id, order_number=None if order_id else number, buyer_id=buyer_id, now=now)
    except paying.UnknownPayment as wrong:
        raise NotFound(what=order_id or number) from wrong
    if payment.payer_real_name_id is None:
        raise NotFound(what=order_id or number)
    payer = identity.reveal_real_name(
        record_id=payment.payer_real_name_id,
        buyer_id=buyer_id,
        reader=reader,
        reason=f"payer of order {payment.order_number}",
        now=now,
    )
    return paying.open(
        payment_id=payment.id,
        buyer_id=buyer_id,
        return_url=return_url,
        notify_url=notify_url.format(provider=payment.provider),
        payer=(payer.name, payer.id_number),
        payment=payment,
        now=now,
    )
