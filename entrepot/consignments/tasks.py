"""What follows the calendar."""

from __future__ import annotations

from entrepot.consignments import services
from entrepot.kit.clock import now
from entrepot.outbox.services import every, on
from entrepot.outbox.types import Event


@every("7 23 * * *")  # seven past seven in China: who comes to work finds the letter
def warn_of_delays() -> None:
    services.warn_of_delays(now=now())


@on("consignments.late")
def write_of_delay(event: Event) -> None:
    services.write_of_delay(consignment_id=event.aggregate_id, now=now())
