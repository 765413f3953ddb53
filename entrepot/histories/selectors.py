"""Questions about take-overs."""

from __future__ import annotations

from uuid import UUID

from entrepot.histories import models
from entrepot.histories.types import TakeOver, TakeOverState

SHOWN = 20


def take_overs() -> list[TakeOver]:
    """The newest first, at most `SHOWN`."""
    return [_seen(row) for row in models.TakeOver.objects.order_by("-id")[:SHOWN]]


def take_over(*, take_over_id: UUID) -> TakeOver | None:
    row = models.TakeOver.objects.filter(id=take_over_id).first()
    return None if row is None else _seen(row)


def _seen(row: models.TakeOver) -> TakeOver:
    refused = {"zh-hans": row.refused_zh, "en": row.refused_en} if row.refused_en else {}
    return TakeOver(
        row.id, row.source, tuple(row.files), row.warehouse_id, TakeOverState(row.state), row.report, row.remarks,
        row.left_out, row.done, row.whole, refused, row.actor, row.at, row.ended_at,
    )  # fmt: skip
