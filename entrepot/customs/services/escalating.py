"""Call somebody to what stands still: the desk, then who is in charge, then each day until a person answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from entrepot.audit.services import record
from entrepot.customs import models
from entrepot.customs.rules.ageing import HEAD, REMIND_AFTER, BadPatience, patience, thresholds
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound
from entrepot.outbox.services import emit

ESCALATED = "customs.escalated"
batch_max = 500
named_max = 50  # escalations that one telling names; it says how many there are
NOTE_MAX = 300


class NoteMissing(Invalid):
    code = "note_missing"
    zh = "请说明已做的处理"
    en = "Say what was done about it"


class NoEscalation(NotFound):
    code = "no_escalation"
    zh = "没有找到待处理的催办"
    en = "There is nothing of that kind that waits"


def escalate(*, now: datetime) -> int:
    """End what has moved on, raise what has come to a level, remind of what nobody has answered. Returns how many rows
    changed; more than `batch_max` of a kind wait for the next call. What is raised is told, by level.

    Two calls at once raise nothing twice.
    """
    rules = [
        {"state": one.state, "kind": one.kind, "level": one.level, "before": now - one.after}
        for one in thresholds(patience(settings.CUSTOMS_PATIENCE))
    ]
    params = {"rules": sql.document(rules), "at": now, "ids": [new_id() for _ in range(batch_max)]}
    with transaction.atomic():
        ended = sql.run(sql.load("customs", "calm"), {"at": now, "batch": batch_max})
        raised = sql.rows(sql.load("customs", "escalate"), params)
        for level in sorted({row["level"] for row in raised}):
            _tell(level, [row["id"] for row in raised if row["level"] == level], again=False)
        reminded = _remind(now)
    return ended + len(raised) + reminded


def _remind(now: datetime) -> int:
    waiting = models.Escalation.objects.select_for_update(skip_locked=True).filter(
        ended_at__isnull=True, level=HEAD, acknowledged_at__isnull=True, told_at__lte=now - REMIND_AFTER
    )
    ids = list(waiting.order_by("since").values_list("id", flat=True)[:batch_max])
    if ids:
        models.Escalation.objects.filter(id__in=ids).update(told_at=now)
        _tell(HEAD, ids, again=True)
    return len(ids)


def _tell(level: int, ids: Sequence[UUID], *, again: bool) -> None:
    payload = {"level": level, "count": len(ids), "ids": [str(one) for one in ids[:named_max]], "again": again}
    emit(topic=ESCALATED, aggregate_id=new_id(), buyer_id=None, payload=payload)


def acknowledge(*, escalation_id: UUID, buyer_id: UUID, actor: str, note: str, now: datetime) -> None:
    """A person has it in hand and says what was done: nobody is reminded of it any more. Refuses NoteMissing,
    NoEscalation (unknown, over, or answered before)."""
    note = " ".join(note.replace("\0", "").split())[:NOTE_MAX]
    if not note:
        raise NoteMissing(field="note")
    with transaction.atomic():
        mine = models.Escalation.objects.filter(buyer_id=buyer_id, id=escalation_id, ended_at__isnull=True)
        if not mine.filter(acknowledged_at__isnull=True).update(acknowledged_at=now, acknowledged_by=actor, note=note):
            raise NoEscalation()
        record(
            actor=actor,
            action="customs.acknowledge",
            subject_kind="escalation",
            subject_id=escalation_id,
            buyer_id=buyer_id,
            reason=note,
            at=now,
        )


def excuse(*, parcel_id: UUID, buyer_id: UUID, until: datetime | None) -> None:
    """Nobody is called to this declaration before `until`, while it stays in its state: it waits for the buyer or for a
    day. None: it is looked at again. What was raised ends with the next look."""
    with transaction.atomic():
        models.Declaration.objects.filter(buyer_id=buyer_id, parcel_id=parcel_id).update(quiet_until=until)


def bad_settings() -> Iterator[str]:
    """What is wrong with the house's patience, a sentence each. For `entrepot check`."""
    try:
        patience(settings.CUSTOMS_PATIENCE)
    except BadPatience as wrong:
        yield f"ENTREPOT_CUSTOMS_PATIENCE: {wrong}"
