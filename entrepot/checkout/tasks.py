"""What the flow does when a fact is told or the clock strikes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.checkout import services
from entrepot.kit import clock
from entrepot.outbox.services import every, job, on
from entrepot.outbox.types import Event
from entrepot.payments import selectors as payments
from entrepot.payments.types import Captured, Payment
from entrepot.shipping.types import Carried, WaybillState


@on("payments.captured", soon=True)
def settle_captured(event: Event) -> None:
    assert event.buyer_id is not None
    payment = payments.payment(payment_id=UUID(event.payload["payment_id"]), buyer_id=event.buyer_id)
    assert payment is not None
    services.settle(captured=Captured(payment, fresh=False), now=clock.now())


@job("checkout.expire", soon=True)
def expire(order_id: str, buyer_id: str) -> None:
    now = clock.now()
    services.expire(order_id=UUID(order_id), buyer_id=UUID(buyer_id), now=now)
    services.expire_waiting(now=now)


@every("* * * * * */10", soon=True)
def sweep_overdue_orders() -> None:
    services.sweep(now=clock.now())


@every("* * * * *")
def sweep_limits() -> None:
    services.sweep_limits(now=clock.now())


@job("checkout.limit_due")
def limit_due(case_id: str, buyer_id: str) -> None:
    services.come_due(case_id=UUID(case_id), buyer_id=UUID(buyer_id), now=clock.now())


@on("checkout.limit_met")
def tell_buyer(event: Event) -> None:
    assert event.buyer_id is not None
    services.tell_buyer(case_id=UUID(event.payload["case_id"]), buyer_id=event.buyer_id)


@on("orders.paid")
def declare(event: Event) -> None:
    assert event.buyer_id is not None
    told = event.payload.get("payment")
    payment = Payment.from_json(told) if told else None
    order_id = UUID(event.payload["order_id"])
    services.declare(order_id=order_id, buyer_id=event.buyer_id, payment=payment, now=clock.now())


@every("*/30 * * * *")
def look_for_undeclared_parcels() -> None:
    services.start_working_off(now=clock.now())


@every("37 0 * * *")
def call_to_undeclared_parcels() -> None:
    services.call_to_undeclared(now=clock.now())


@job("checkout.work_off")
def work_off(after: str | None) -> None:
    services.work_off(after=UUID(after) if after else None, now=clock.now())


@on("customs.declared", "customs.held", "customs.released", "customs.cancelled")
def follow_customs(event: Event) -> None:
    """News that could not be followed where it came in, and that of clerks and later sendings."""
    assert event.buyer_id is not None
    services.hear_customs(parcel_id=UUID(event.payload["parcel_id"]), buyer_id=event.buyer_id, now=clock.now())


@on("orders.parcel_released")
def hand_over(event: Event) -> None:
    assert event.buyer_id is not None
    services.hand_over(parcel_id=UUID(event.payload["parcel_id"]), buyer_id=event.buyer_id, now=clock.now())


@job("checkout.hand_over")
def hand_over_one(parcel_id: str, buyer_id: str) -> None:
    services.hand_over(parcel_id=UUID(parcel_id), buyer_id=UUID(buyer_id), now=clock.now())


@on("customs.pass_left")
def hand_over_pass(event: Event) -> None:
    services.hand_over_pass(pass_id=UUID(event.payload["pass_id"]))


@on("stock.gate_opened", "customs.lists_free")
def hand_over_waiting(event: Event) -> None:
    since = datetime.fromisoformat(event.payload["since"])
    services.hand_over_waiting(warehouse_id=UUID(event.payload["warehouse_id"]), since=since, now=clock.now())


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
