"""What the flow does when customs speaks and the clock strikes."""

from __future__ import annotations

from uuid import UUID

from entrepot.kit import clock
from entrepot.outbox.services import every, job, on
from entrepot.outbox.types import Event
from entrepot.returns import services


@job("returns.ask_customs")
def ask_customs(return_id: str, buyer_id: str) -> None:
    services.ask_customs(return_id=UUID(return_id), buyer_id=UUID(buyer_id), now=clock.now())


@on("customs.return_answered")
def follow_customs(event: Event) -> None:
    assert event.buyer_id is not None
    services.follow_customs(return_id=UUID(event.payload["return_id"]), buyer_id=event.buyer_id, now=clock.now())


@job("returns.tell_withdrawn")
def tell_withdrawn(return_id: str, buyer_id: str) -> None:
    services.tell_withdrawn(return_id=UUID(return_id), buyer_id=UUID(buyer_id))


@job("returns.tell_in_vain")
def tell_in_vain(return_id: str, buyer_id: str) -> None:
    services.tell_in_vain(return_id=UUID(return_id), buyer_id=UUID(buyer_id))


@every("5 * * * *")
def lapse() -> None:
    services.lapse(now=clock.now())
