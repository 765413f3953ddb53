"""Chains follow what the rooms below tell, and by the day what left; keys of yesterday are thrown away."""

from __future__ import annotations

from entrepot.kit import clock
from entrepot.outbox.services import every, on
from entrepot.outbox.types import Event
from entrepot.provenance import services


@on("consignments.moved", "consignments.counted_in")
def follow_consignment(event: Event) -> None:
    services.follow_consignment(consignment_id=event.aggregate_id, now=clock.now())


@on("stock.put_away")
def follow_inbound(event: Event) -> None:
    services.follow_inbound(inbound_id=event.aggregate_id, now=clock.now())


@every("20 * * * *")
def sweep() -> None:
    services.sweep(now=clock.now())


@every("35 * * * *")
def forget() -> None:
    services.forget(now=clock.now())
