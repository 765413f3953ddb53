"""A run over many lots is ordered, made by the job, and tells how far it is."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F

from entrepot.kit.behind import behind
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import order_once
from entrepot.procurement.landing import models as tables
from entrepot.procurement.landing.services import UnknownLanding, allocate_landing

WORK = "procurement.allocate"
LOTS_AT_ONCE = 2_000  # more of them are laid by the job


def order_run(*, landing_id: UUID, actor: str, now: datetime) -> None:
    """What `allocate_landing` does, by the job. Ordered again it begins anew. Refuses UnknownLanding."""
    with transaction.atomic():
        if not tables.Landing.objects.filter(id=landing_id).exists():
            raise UnknownLanding(what="landing")
        told = {"actor": actor[:60], "asked_at": now, "done": 0, "whole": 0, "ended_at": None}
        tables.LandingWork.objects.update_or_create(
            of_id=landing_id, defaults={**told, "refused_zh": "", "refused_en": ""}
        )
        order_once(job=WORK, args={"landing_id": str(landing_id)}, of=landing_id)


def make_run(*, landing_id: UUID, now: datetime) -> None:
    """The job: makes the run that was ordered, once. What refuses it is kept for who ordered it."""
    row = tables.LandingWork.objects.filter(of_id=landing_id, ended_at=None).first()
    if row is None:
        return
    mine = tables.LandingWork.objects.filter(id=row.id, asked_at=row.asked_at)
    try:
        with transaction.atomic():
            allocate_landing(landing_id=landing_id, actor=row.actor, now=now, told=partial(_tell, row.id))
            mine.update(ended_at=now, done=F("whole"))
    except Refusal as no:
        mine.update(ended_at=now, refused_zh=no.message("zh")[:300], refused_en=no.message("en")[:300])


def _tell(work_id: UUID, done: int, whole: int) -> None:
    """Away from the run's own transaction, whose figures nobody sees before its end."""
    behind.do(partial(_write_down, work_id, done, whole))


def _write_down(work_id: UUID, done: int, whole: int) -> None:
    tables.LandingWork.objects.filter(id=work_id, ended_at=None).update(done=done, whole=whole)
