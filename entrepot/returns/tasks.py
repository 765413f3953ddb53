"""What the flow does when the clock strikes."""

from __future__ import annotations

from entrepot.kit import clock
from entrepot.outbox.services import every
from entrepot.returns import services


@every("5 * * * *")
def lapse() -> None:
    services.lapse(now=clock.now())
