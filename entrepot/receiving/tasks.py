"""What was counted in opens its landing."""

from __future__ import annotations

from entrepot.kit import clock
from entrepot.outbox.services import on
from entrepot.outbox.types import Event
from entrepot.receiving import services


@on("consignments.counted_in")
def land(event: Event) -> None:
    services.land(consignment_id=event.aggregate_id, now=clock.now())
