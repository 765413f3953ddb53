"""Codes on goods, and how often each was opened."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid
from entrepot.provenance import models, rules
from entrepot.provenance.services.chains import gather

CODES_MAX = 500
BITS = 5 * rules.LENGTH


class CodesInvalid(Invalid):
    code = "codes_invalid"
    zh = "一次可生成 1 至 {most} 个溯源码"
    en = "Between 1 and {most} codes are made at once"


def issue(*, sku_id: UUID, lot_id: UUID, units: int, actor: str, now: datetime) -> list[UUID]:
    """Make codes for so many units of a lot; 0 makes one for the whole lot. Its chain begins. Refuses CodesInvalid,
    NotFound."""
    if not 0 <= units <= CODES_MAX:
        raise CodesInvalid(field="units", most=CODES_MAX)
    with transaction.atomic():
        gather(sku_id=sku_id, lot_id=lot_id, now=now)
        made = [
            models.Code(
                id=new_id(),
                code=rules.code_of(secrets.randbits(BITS)),
                sku_id=sku_id,
                lot_id=lot_id,
                unit=units > 0,
                made_at=now,
                made_by=actor,
            )  # fmt: skip
            for _ in range(units or 1)
        ]
        models.Code.objects.bulk_create(made)
        record(
            actor=actor, action="provenance.issue", subject_kind="lot", subject_id=lot_id, buyer_id=None,
            reason=str(units), at=now,
        )  # fmt: skip
    return [one.id for one in made]


def count_scan(*, code_id: UUID, code: str, address: str, now: datetime) -> None:
    """Somebody opens a code's page. The address is not kept: only its hash under a key that lives for a day."""
    day = day_in(CHINA, now)
    row, _ = models.DayKey.objects.get_or_create(day=day, defaults={"key": secrets.token_bytes(32)})
    reader = rules.reader_hash(bytes(row.key), address, code)
    scan = models.Scan(id=new_id(), code_id=code_id, day=day, reader=reader, at=now)
    models.Scan.objects.bulk_create([scan], ignore_conflicts=True)


def forget(*, now: datetime) -> int:
    """Keys of days that are over are thrown away. Returns how many."""
    return models.DayKey.objects.filter(day__lt=day_in(CHINA, now - timedelta(hours=1))).delete()[0]
