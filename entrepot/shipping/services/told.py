"""What shipping tells: ids only."""

from __future__ import annotations

from uuid import UUID

from entrepot.outbox.services import emit

DISPATCHED = "shipping.dispatched"
DELIVERED = "shipping.delivered"


def tell_dispatched(*, buyer_id: UUID, order_id: UUID, parcel_id: UUID) -> None:
    _tell(DISPATCHED, buyer_id, order_id, parcel_id)


def tell_delivered(*, buyer_id: UUID, order_id: UUID, parcel_id: UUID) -> None:
    _tell(DELIVERED, buyer_id, order_id, parcel_id)


def _tell(topic: str, buyer_id: UUID, order_id: UUID, parcel_id: UUID) -> None:
    payload = {"order_id": str(order_id), "parcel_id": str(parcel_id)}
    emit(topic=topic, aggregate_id=parcel_id, buyer_id=buyer_id, payload=payload)
