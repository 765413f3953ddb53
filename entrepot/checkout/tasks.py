"""What the flow does when a fact is told or the clock strikes."""

from __future__ import annotations

from uuid import UUID

from entrepot.checkout import services
from entrepot.kit import clock
from entrepot.outbox.services import every, job, on
from entrepot.outbox.types import Event
from entrepot.payments import selectors as payments
from entrepot.payments.types import Captured, Payment
from entrepot.shipping.types import Carried, WaybillState


@on("payments.captured")
def settle_captured(event: Event) -> None:
    assert event.buyer_id is not None
    payment = payments.payment(payment_id=UUID(event.payload["payment_id"]), buyer_id=event.buyer_id)
    assert payment is not None
    services.settle(captured=Captured(payment, fresh=False), now=clock.now())


@job("checkout.expire")
def expire(order_id: str, buyer_id: str) -> None:
    services.expire(order_id=UUID(order_id), buyer_id=UUID(buyer_id), now=clock.now())


@every("* * * * *")
def sweep_overdue_orders() -> None:
    services.sweep(now=clock.now())


@on("orders.paid")
def declare(event: Event) -> None:
    assert event.buyer_id is not None
    told = event.payload.get("payment")
    payment = Payment.from_json(told) if told else None
    order_id = UUID(event.payload["order_id"])
    services.declare(order_id=order_id, buyer_id=event.buyer_id, payment=payment, now=clock.now())


@on("customs.declared", "customs.held", "customs.released", "customs.cancelled")
def follow_customs(event: Event) -> None:
    """News that could not be followed where it came in, and that of clerks and later sendings."""
    assert event.buyer_id is not None
    services.hear_customs(parcel_id=UUID(event.payload["parcel_id"]), buyer_id=event.buyer_id, now=clock.now())


@on("orders.parcel_released")
def hand_over(event: Event) -> None:
    assert event.buyer_id is not None
    services.hand_over(parcel_id=UUID(event.payload["parcel_id"]), buyer_id=event.buyer_id, now=clock.now())


@on("shipping.dispatched", "shipping.delivered")
def follow_parcel(event: Event) -> None:
    assert event.buyer_id is not None
    carried = Carried(
        parcel_id=UUID(event.payload["parcel_id"]),
        order_id=UUID(event.payload["order_id"]),
        buyer_id=event.buyer_id,
        state=WaybillState(event.topic.removeprefix("shipping.")),
    )
    services.follow_parcel(carried=carried, now=clock.now())
