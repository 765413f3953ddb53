"""The job of a recall, and the clock that makes open ones look again."""

from __future__ import annotations

from uuid import UUID

from entrepot.kit import clock
from entrepot.outbox.services import every, job
from entrepot.recalls import services
from entrepot.recalls.services.opening import WORK


@job(WORK)
def work(recall_id: str) -> None:
    services.work(recall_id=UUID(recall_id), now=clock.now())


@every("*/5 * * * *")
def sweep() -> None:
    services.sweep(now=clock.now())
