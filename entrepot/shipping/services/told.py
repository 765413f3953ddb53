"""What shipping tells: ids only."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from entrepot.outbox.services import emit
from entrepot.shipping.types import Carried, WaybillState

DISPATCHED = "shipping.dispatched"
DELIVERED = "shipping.delivered"


Follow = Callable[[Carried], object]
_STATES = {DISPATCHED: WaybillState.DISPATCHED, DELIVERED: WaybillState.DELIVERED}


def moved(topic: str, key: tuple[UUID, UUID, UUID], then: Follow | None) -> None:
    """A parcel (buyer_id, order_id, parcel_id) is dispatched or delivered: `then` follows, else the event is told."""
    buyer_id, order_id, parcel_id = key
    if then is not None:
        then(Carried(parcel_id, order_id, buyer_id, _STATES[topic]))
        return
    payload = {"order_id": str(order_id), "parcel_id": str(parcel_id)}
    emit(topic=topic, aggregate_id=parcel_id, buyer_id=buyer_id, payload=payload)
