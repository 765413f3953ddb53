"""Parcels that cannot be declared: each try reads a buyer's real name, so tries grow rare and end with a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from entrepot.audit.services import record
from entrepot.customs import models
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal

FIRST_WAIT, WAIT_MAX = timedelta(minutes=30), timedelta(days=1)
TRIES_MAX = 6  # within about sixteen hours; then somebody has to look
PURGE_MAX = 1_000


class NothingPutOff(NotFound):
    code = "nothing_put_off"
    zh = "这个包裹没有被推迟的申报"
    en = "No declaration of this parcel is put off"


def put_off(*, refused: Mapping[UUID, Refusal], whose: Mapping[UUID, tuple[UUID, UUID]], now: datetime) -> None:
    """These parcels were refused: the next try is later each time, and after `TRIES_MAX` a person's. `whose`: (buyer,
    order) by parcel. One statement. Call it in no transaction that may yet fail: the reading was logged."""
    if not refused:
        return
    ids = sorted(refused)
    sql.run(
        sql.load("customs", "put_off"),
        {
            "new_ids": [new_id() for _ in ids],
            "parcels": ids,
            "buyers": [whose[one][0] for one in ids],
            "orders": [whose[one][1] for one in ids],
            "codes": [refused[one].code for one in ids],
            "zh": [refused[one].message("zh")[: models.PutOff.WORDS_MAX] for one in ids],
            "en": [refused[one].message("en")[: models.PutOff.WORDS_MAX] for one in ids],
            "at": now,
            "first": FIRST_WAIT,
            "most": WAIT_MAX,
            "tries_max": TRIES_MAX,
        },
    )


def try_again(*, parcel_id: UUID, buyer_id: UUID, actor: str, now: datetime) -> None:
    """A person has put right what was wrong: the parcel is tried with the next slice, and its tries are counted anew.
    Refuses NothingPutOff."""
    with transaction.atomic():
        rows = models.PutOff.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id)
        if not rows.update(next_at=now, tries=0):
            raise NothingPutOff(what=str(parcel_id))
        record(
            actor=actor,
            action="customs.try_again",
            subject_kind="parcel",
            subject_id=parcel_id,
            buyer_id=buyer_id,
            reason="put right",
            at=now,
        )


def forget_put_off() -> int:
    """Forget what was put off and is declared since. Returns how many."""
    there = models.Declaration.objects.filter(parcel_id=OuterRef("parcel_id"), buyer_id=OuterRef("buyer_id"))
    ids = models.PutOff.objects.filter(Exists(there)).values_list("id", flat=True)[:PURGE_MAX]
    return models.PutOff.objects.filter(id__in=list(ids)).delete()[0]
