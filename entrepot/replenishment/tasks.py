"""Jobs of replenishment."""

from __future__ import annotations

from entrepot.kit.clock import CHINA, day_in, now
from entrepot.outbox.services import every
from entrepot.replenishment import services


@every("20 18 * * *")
def reckon_our_sales() -> None:
    """At twenty past two in China: the day before is over, and few buy."""
    services.reckon_sales(until=day_in(CHINA, now()))


@every("50 18 * * *")
def propose_orders() -> None:
    """At ten to three in China, from the sales just reckoned: how long suppliers take, then what to order."""
    at = now()
    services.reckon_lead_times(today=day_in(CHINA, at))
    services.propose_from_contracts(now=at)
