"""News of deliveries (CEB711): that one was sent, and what customs says of it (712). They have no declaration, so they
stand beside `move.sql`. Any order and repetition ends in the same row: the highest mark counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F

from entrepot.customs import models
from entrepot.customs.rules.standing import Verdict
from entrepot.kit import sql

if TYPE_CHECKING:
    from entrepot.customs.services.telling import Kept, Touch

SILENCE = timedelta(minutes=15)
DECIDED = (Verdict.TAKEN, Verdict.DONE, Verdict.REFUSED, Verdict.STOPPED)


def hear(touches: Sequence[tuple[int, Touch, Kept | None]], now: datetime) -> list[int]:
    """Write the news, each delivery locked. Returns the numbers of those that are about a delivery of ours."""
    return [n for n, touch, kept in touches if _heard(touch, kept, now)]


def _heard(touch: Touch, kept: Kept | None, now: datetime) -> bool:
    message = _message(touch)
    if message is None:
        return False
    row = models.Delivery.objects.select_for_update().get(id=message.delivery_id)
    if kept is not None:
        _keep(message, touch, kept, now)
    elif touch.status is None:
        sent = message.sent_at or (now if touch.sent else None)
        models.DeliveryMessage.objects.filter(id=message.id).update(sent_at=sent, attempts=F("attempts") + 1)
    if message.version == row.version:
        _move(row, touch, now)
    return True


def _message(touch: Touch) -> models.DeliveryMessage | None:
    """By a guid that the news names, else the version that was the newest of its number at customs' time, or the first
    where customs' clock is behind ours: as `move.sql` finds documents."""
    rows = models.DeliveryMessage.objects.order_by("-version")
    found = rows.filter(id__in=touch.guids).first()
    if found is None and touch.number:
        mine = rows.filter(delivery__number=touch.number)
        found = mine.filter(made_at__lte=touch.returned_at).first() or mine.last()
    return found


def _move(row: models.Delivery, touch: Touch, now: datetime) -> None:
    said: dict[str, Any] = {}
    if touch.sent and row.sent_at is None:
        said["sent_at"] = now
    if touch.mark > row.mark:
        said |= {"mark": touch.mark, "status": touch.status, "verdict": touch.verdict}
    if touch.invt and not row.site_number:
        said["site_number"] = touch.invt
    verdict = said.get("verdict", row.verdict)
    said["ask_at"] = None if verdict in DECIDED else now + SILENCE
    models.Delivery.objects.filter(id=row.id).update(**said)


def _keep(message: models.DeliveryMessage, touch: Touch, kept: Kept, now: datetime) -> None:
    assert touch.status is not None and touch.returned_at is not None  # it is an answer
    one = kept.arrival
    arrival = {name: getattr(one, name) for name in ("id", "way", "root", "size", "sha256", "raw_sealed")}
    sql.run(sql.load("customs", "keep"), {**arrival, "at": now})
    same = models.DeliveryAnswer.objects.filter(message_id=message.id, sha256=kept.sha256)
    if not same.update(times=F("times") + 1):
        models.DeliveryAnswer.objects.create(
            id=kept.id, message_id=message.id, status=touch.status, info=kept.info, returned_at=touch.returned_at,
            received_at=now, arrival_id=one.id, sha256=kept.sha256,
        )  # fmt: skip
