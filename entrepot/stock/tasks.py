"""What the clock does to stock."""

from __future__ import annotations

from entrepot.kit import clock
from entrepot.outbox.services import every
from entrepot.stock import services


@every("5 16 * * *")  # five past midnight in China
def tell_what_expired() -> None:
    services.tell_expired(now=clock.now())
