"""Jobs of the catalogue."""

from __future__ import annotations

from uuid import UUID

from entrepot.catalogue import services
from entrepot.catalogue.services.imports import JOB
from entrepot.kit.clock import now
from entrepot.outbox.services import every, job


@job(JOB)
def work_on_import(run_id: str) -> None:
    """Go on with a run until it rests; killed in between, the next attempt goes on where the last step committed."""
    while services.step_import(run_id=UUID(run_id), now=now()):
        pass


@every("40 3 * * *")
def drop_old_rows() -> None:
    services.purge_imports(now=now())
