"""What the flow does when a fact is told or the clock strikes."""

from __future__ import annotations

from uuid import UUID

from entrepot.checkout import services
from entrepot.kit import clock
from entrepot.outbox.services import every, job, on
from entrepot.outbox.types import Event
from entrepot.payments import selectors as payments
from entrepot.payments.types import Captured


@on("payments.captured")
def settle_captured(event: Event) -> None:
    assert event.buyer_id is not None
    payment = payments.payment(payment_id=UUID(event.payload["payment_id"]), buyer_id=event.buyer_id)
    assert payment is not None
    services.settle(captured=Captured(payment, fresh=False), now=clock.now())


@job("checkout.expire")
def expire(order_id: str, buyer_id: str) -> None:
    services.expire(order_id=UUID(order_id), buyer_id=UUID(buyer_id), now=clock.now())


@job("checkout.give_back")
def give_back(payment_id: str, buyer_id: str, amount_minor: int, key: str) -> None:
    services.give_back(
        payment_id=UUID(payment_id), buyer_id=UUID(buyer_id), amount_minor=amount_minor, key=key, now=clock.now()
    )


@every("* * * * *")
def sweep_overdue_orders() -> None:
    services.sweep(now=clock.now())


@on("orders.paid")
def declare(event: Event) -> None:
    assert event.buyer_id is not None
    whose = {"order_id": UUID(event.payload["order_id"]), "buyer_id": event.buyer_id}
    services.confirm_payer(**whose, now=clock.now())
    services.declare(**whose, now=clock.now())


@on("customs.declared", "customs.held", "customs.released", "customs.cancelled")
def follow_customs(event: Event) -> None:
    code = str(event.payload.get("code", ""))
    services.follow_customs(topic=event.topic, **_parcel(event), code=code, now=clock.now())


@on("shipping.dispatched", "shipping.delivered")
def follow_parcel(event: Event) -> None:
    services.follow_parcel(topic=event.topic, **_parcel(event), now=clock.now())


def _parcel(event: Event) -> dict[str, UUID]:
    assert event.buyer_id is not None
    ids = {name: UUID(event.payload[name]) for name in ("parcel_id", "order_id")}
    return {**ids, "buyer_id": event.buyer_id}
