"""The job of a take-over."""

from __future__ import annotations

from uuid import UUID

from entrepot.histories import services
from entrepot.histories.services.taking import WORK
from entrepot.kit.clock import now
from entrepot.outbox.services import every, job


@job(WORK)
def work(take_over_id: str) -> None:
    services.work(take_over_id=UUID(take_over_id), now=now())


@every("45 3 * * *")
def drop_forgotten() -> None:
    services.drop_forgotten(now=now())
