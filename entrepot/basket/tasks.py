"""What the clock does to baskets."""

from __future__ import annotations

from entrepot.basket import services
from entrepot.kit import clock
from entrepot.outbox.services import every


@every("17 19 * * *")
def forget_untouched_baskets() -> None:
    services.forget(now=clock.now())
