"""Send the buyer to pay."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.identity import services as identity
from entrepot.kit.refusals import NotFound
from entrepot.orders import selectors as orders
from entrepot.payments import selectors as payments
from entrepot.payments import services as paying


def open_payment(
    *, order_id: UUID, buyer_id: UUID, reader: str, return_url: str, notify_url: str, now: datetime
) -> str:
    """The address of the provider's cashier for an order. `notify_url` holds `{provider}`.

    The payer's name and ID number are read for the provider (logged as read by `reader`). Calls outside, so not inside
    a transaction; repeatable. Refuses NotFound and what `payments.services.open` refuses.
    """
    order = orders.order(order_id=order_id, buyer_id=buyer_id)
    payment = payments.payment(order_id=order_id, buyer_id=buyer_id)
    if order is None or payment is None:
        raise NotFound(what=order_id)
    reason = f"payer of order {order.number}"
    payer = identity.reveal_real_name(
        record_id=order.real_name_id, buyer_id=buyer_id, reader=reader, reason=reason, now=now
    )
    return paying.open(
        payment_id=payment.id,
        buyer_id=buyer_id,
        return_url=return_url,
        notify_url=notify_url.format(provider=payment.provider),
        payer=(payer.name, payer.id_number),
        now=now,
    )
