"""Questions about transfers and counts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count as HowMany
from django.db.models import F, Q, Sum
from django.db.models.functions import Greatest

from entrepot.stock import cached
from entrepot.stock import lot_models as tables
from entrepot.stock.models import Level as LevelRow
from entrepot.stock.selectors.goods import PAGE, level_of
from entrepot.stock.types import HOUSE, CustomsState, Level
from entrepot.stock.types.lots import (
    Count,
    CountLine,
    CountRow,
    CountState,
    Transfer,
    TransferLine,
    TransferRow,
    TransferState,
)


def transfer(*, transfer_id: UUID) -> Transfer | None:
    """One transfer with its lines."""
    return next(iter(_transfers(tables.Transfer.objects.filter(id=transfer_id))), None)


def transfers(*, state: str = "", page: int = 1) -> list[TransferRow]:
    """Transfers, the newest first; at most `PAGE`. Two statements, however many lines they have."""
    rows = tables.Transfer.objects.order_by("-id")
    rows = rows.filter(state=state) if state else rows
    start = (max(page, 1) - 1) * PAGE
    found = list(rows[start : start + PAGE])
    lines = tables.TransferLine.objects.filter(of_id__in=[row.id for row in found]).values("of_id").order_by()
    missing = Greatest(F("quantity") - F("arrived") - F("lost"), 0)
    summed = lines.annotate(
        lots=HowMany("id"), units=Sum("quantity"), missing=Sum(missing, filter=Q(arrived__isnull=False), default=0)
    ).values_list("of_id", "lots", "units", "missing")
    of = {of_id: figures for of_id, *figures in summed} if found else {}
    return [
        TransferRow(
            row.id, row.number, row.source_id, row.target_id, TransferState(row.state), row.created_at,
            *of.get(row.id, (0, 0, 0)),
        )
        for row in found
    ]  # fmt: skip


def count(*, count_id: UUID) -> Count | None:
    """One sheet with its lines."""
    return next(iter(_counts(tables.Count.objects.filter(id=count_id))), None)


def counts(*, state: str = "", page: int = 1) -> list[CountRow]:
    """Sheets, the newest first; at most `PAGE`. Two statements, however many lines they have."""
    rows = tables.Count.objects.order_by("-id")
    rows = rows.filter(state=state) if state else rows
    start = (max(page, 1) - 1) * PAGE
    found = list(rows[start : start + PAGE])
    lines = tables.CountLine.objects.filter(of_id__in=[row.id for row in found]).values("of_id").order_by()
    differs = Q(counted__lt=F("expected")) | Q(counted__gt=F("expected"))
    summed = lines.annotate(
        lots=HowMany("id"), units=HowMany("counted"), different=HowMany("id", filter=differs)
    ).values_list("of_id", "lots", "units", "different")
    of = {of_id: figures for of_id, *figures in summed} if found else {}
    return [
        CountRow(
            row.id, row.number, row.warehouse_id, CountState(row.state), row.created_at, *of.get(row.id, (0, 0, 0))
        )
        for row in found
    ]


def levels_of_lots(*, warehouse_id: UUID, names: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], list[Level]]:
    """What stands in a warehouse of lots named by SKU and code; goods in transit are left out."""
    rows = LevelRow.objects.select_related("lot").filter(
        sku_id__in={sku_id for sku_id, _ in names}, warehouse_id=warehouse_id, lot__code__in={code for _, code in names}
    )
    found: dict[tuple[UUID, str], list[Level]] = {}
    for row in rows.exclude(customs_state=CustomsState.IN_TRANSIT):
        found.setdefault((row.sku_id, row.lot.code), []).append(level_of(row))
    return found


def under_way(*, warehouse_id: UUID, sku_ids: Collection[UUID]) -> dict[UUID, int]:
    """Our units in transit to a warehouse, by SKU. One statement."""
    rows = LevelRow.objects.filter(sku_id__in=sku_ids, warehouse_id=warehouse_id, owner_id=HOUSE)
    rows = rows.filter(customs_state=CustomsState.IN_TRANSIT, on_hand__gt=0)
    return dict(rows.values_list("sku_id").order_by().annotate(Sum("on_hand")))


def shelf_life(*, channel_ids: Collection[UUID]) -> dict[UUID, int]:
    """Days of shelf life that goods must have left, for those of the channels that ask for some."""
    lives = cached.shelf_lives()
    return {one: lives[one] for one in channel_ids if lives.get(one)}


def _transfers(rows: Any) -> list[Transfer]:
    found = list(rows)
    lines: dict[UUID, list[TransferLine]] = {}
    of = tables.TransferLine.objects.filter(of_id__in=[row.id for row in found])
    for line in of.select_related("lot").order_by("n") if found else ():
        lines.setdefault(line.of_id, []).append(
            TransferLine(
                id=line.id, sku_id=line.sku_id, lot=line.lot.code, expires_on=line.lot.expires_on,
                customs_state=CustomsState(line.customs_state), quantity=line.quantity, arrived=line.arrived,
                lost=line.lost, reason=line.reason,
            )
        )  # fmt: skip
    return [
        Transfer(
            id=row.id, number=row.number, source_id=row.source_id, target_id=row.target_id,
            state=TransferState(row.state), note=row.note, created_at=row.created_at, sent_at=row.sent_at,
            received_at=row.received_at, lines=tuple(lines.get(row.id, ())),
        )
        for row in found
    ]  # fmt: skip


def _counts(rows: Any) -> list[Count]:
    found = list(rows)
    lines: dict[UUID, list[CountLine]] = {}
    of = tables.CountLine.objects.filter(of_id__in=[row.id for row in found])
    for line in of.select_related("level__lot").order_by("sku_id", "id") if found else ():
        made = CountLine(line.id, level_of(line.level), line.counted, line.expected, line.reason)
        lines.setdefault(line.of_id, []).append(made)
    return [
        Count(
            row.id, row.number, row.warehouse_id, CountState(row.state), row.created_at, row.posted_at,
            tuple(lines.get(row.id, ())),
        )
        for row in found
    ]  # fmt: skip
