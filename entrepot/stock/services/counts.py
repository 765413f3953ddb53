"""Cycle counts: a sheet of levels is counted beside the books, and what differs is posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from entrepot.audit.services import record
from entrepot.kit.ids import human_number
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.stock import cached, rules
from entrepot.stock import lot_models as tables
from entrepot.stock.models import Level, Movement
from entrepot.stock.services.books import ReasonNeeded
from entrepot.stock.services.moving import Step, move
from entrepot.stock.services.receive import lock_levels
from entrepot.stock.types import CustomsState, MovementKind
from entrepot.stock.types.lots import CountState

PREFIX = "CC"
LINES_MAX = 200
SHEET = 50  # levels on a sheet that names none
COUNTED_AGAIN = timedelta(days=90)
told_max = 20


class CountInvalid(Invalid):
    code = "count_invalid"
    zh = "盘点资料有误：{what}"
    en = "The count's {what} cannot be right"


class UnknownCount(NotFound):
    code = "unknown_count"
    zh = "没有找到这张盘点单"
    en = "There is no such count"


class CountNotNow(Refusal):
    code = "count_not_now"
    zh = "该盘点单已过账或作废，请刷新后再看"
    en = "The count is posted or given up: look again first"


class NotAllCounted(Refusal):
    code = "not_all_counted"
    zh = "还有{left}行没有盘点"
    en = "{left} lines are not counted yet"


class ClaimedMissing(Refusal):
    code = "claimed_missing"
    zh = "批次 {lots}：盘点数少于已占用的件数，请先处理占用它们的订单，或重新盘点"
    en = "Lots {lots}: fewer were counted than are claimed. Settle the orders that hold them first, or count again"


class NothingToCount(Refusal):
    code = "nothing_to_count"
    zh = "没有需要盘点的批次"
    en = "There is nothing that needs to be counted"


@dataclass(frozen=True, slots=True)
class Counted:
    units: int
    reason: str = ""


def open_count(*, warehouse_id: UUID, sku_ids: Sequence[UUID] | None, actor: str, now: datetime) -> UUID:
    """A sheet for these articles in the warehouse, or for `SHEET` levels that nobody counted for `COUNTED_AGAIN`.

    Refuses CountInvalid(field), NothingToCount.
    """
    if warehouse_id not in cached.warehouses():
        raise CountInvalid(field="warehouse", what="warehouse")
    rows = Level.objects.filter(warehouse_id=warehouse_id).exclude(customs_state=CustomsState.IN_TRANSIT)
    if sku_ids is None:
        lately = tables.CountLine.objects.filter(
            sku_id=OuterRef("sku_id"), level_id=OuterRef("id"), counted_at__gte=now - COUNTED_AGAIN,
            of__state__in=[CountState.OPEN, CountState.POSTED],
        )  # fmt: skip
        rows = rows.filter(~Exists(lately), on_hand__gt=0)
    else:
        rows = rows.filter(sku_id__in=sku_ids)
    levels = list(rows.order_by("sku_id", "warehouse_id", "lot_id")[: LINES_MAX + 1 if sku_ids else SHEET])
    if not levels:
        raise NothingToCount
    if len(levels) > LINES_MAX:
        raise CountInvalid(field="lines", what="lines")
    with transaction.atomic():
        row = tables.Count.objects.create(
            number=human_number(PREFIX, now), warehouse_id=warehouse_id, state=CountState.OPEN, created_at=now
        )
        tables.CountLine.objects.bulk_create(
            [tables.CountLine(sku_id=level.sku_id, of=row, level_id=level.id) for level in levels]
        )
        _trace(row, "open", actor, now)
    return row.id


def record_count(*, count_id: UUID, counted: Mapping[UUID, Counted], now: datetime) -> int:
    """What was found of these lines, beside what the books have at this moment; a line may be counted again. The same
    number again is the same count, of which another reason may be given. Returns how many lines differ.

    Refuses UnknownCount, CountNotNow, CountInvalid(field), CannotWait."""
    if any(not 0 <= one.units <= rules.QUANTITY_MAX for one in counted.values()):
        raise CountInvalid(field="counted", what="count")
    with transaction.atomic():
        row = _locked(count_id)
        lines = list(tables.CountLine.objects.filter(of_id=row.id, id__in=list(counted)))
        if len(lines) != len(counted):
            raise CountInvalid(field="counted", what="line")
        if lines:
            lock_levels(lines=[(line.sku_id, row.warehouse_id) for line in lines])
        books = dict(Level.objects.filter(id__in=[line.level_id for line in lines]).values_list("id", "on_hand"))
        for line in lines:
            if line.counted != counted[line.id].units:
                line.counted, line.expected, line.counted_at = counted[line.id].units, books[line.level_id], now
            line.reason = counted[line.id].reason.strip()[:200]
        tables.CountLine.objects.bulk_update(lines, ["counted", "expected", "counted_at", "reason"])
    return sum(line.counted != line.expected for line in lines)


def post_count(*, count_id: UUID, actor: str, now: datetime) -> int:
    """Every line is counted: the differences become movements, each with its reason. Once. Returns the units changed.

    Refuses UnknownCount, CountNotNow, NotAllCounted, ReasonNeeded, ClaimedMissing, CannotWait.
    """
    with transaction.atomic():
        row = _locked(count_id)
        lines = list(tables.CountLine.objects.filter(of_id=row.id).order_by("sku_id", "level_id"))
        left = sum(line.counted is None for line in lines)
        if left:
            raise NotAllCounted(left=left)
        lines = [line for line in lines if line.counted != line.expected]
        if not all(line.reason for line in lines):
            raise ReasonNeeded(field="reason")
        if lines:
            lock_levels(lines=[(line.sku_id, row.warehouse_id) for line in lines])
        since = _posted_since(lines) if lines else {}
        changes = [(line, (line.counted or 0) - (line.expected or 0) - since[line.level_id]) for line in lines]
        steps = [
            Step(line.sku_id, line.level_id, MovementKind.COUNT, change, row.number)
            for line, change in changes
            if change
        ]
        moved = move(steps=steps, now=now)
        short = {step.level_id: step.sku_id for step, found in zip(steps, moved, strict=True) if not found["fits"]}
        if short:
            levels = Level.objects.filter(sku_id__in=short.values(), id__in=short).order_by("lot__code")
            raise ClaimedMissing(field="counted", lots=", ".join(levels.values_list("lot__code", flat=True)[:told_max]))
        tables.Count.objects.filter(id=row.id).update(state=CountState.POSTED, posted_at=now)
        _trace(row, "post", actor, now)
    return sum(abs(step.change) for step in steps)


def _posted_since(lines: Sequence[tables.CountLine]) -> dict[UUID, int]:
    """What other sheets have posted of each level since its line was counted: the same difference is posted once."""
    counted = {line.level_id: line.counted_at for line in lines if line.counted_at is not None}
    found = dict.fromkeys(counted, 0)
    rows = Movement.objects.filter(
        sku_id__in={line.sku_id for line in lines}, level_id__in=counted, at__gt=min(counted.values()),
        kind=MovementKind.COUNT, reference__startswith=PREFIX,
    )  # fmt: skip
    for level_id, at, units in rows.values_list("level_id", "at", "on_hand"):
        found[level_id] += units if at > counted[level_id] else 0
    return found


def cancel_count(*, count_id: UUID, actor: str, now: datetime) -> None:
    """A sheet is given up; nothing had changed. Refuses UnknownCount, CountNotNow."""
    with transaction.atomic():
        row = _locked(count_id)
        tables.Count.objects.filter(id=row.id).update(state=CountState.CANCELLED)
        _trace(row, "cancel", actor, now)


def _locked(count_id: UUID) -> tables.Count:
    row = tables.Count.objects.select_for_update().filter(id=count_id).first()
    if row is None:
        raise UnknownCount(what="count")
    if row.state != CountState.OPEN:
        raise CountNotNow
    return row


def _trace(row: tables.Count, action: str, actor: str, now: datetime) -> None:
    record(
        actor=actor,
        action=f"stock.count_{action}",
        subject_kind="count",
        subject_id=row.id,
        buyer_id=None,
        reason="",
        at=now,
    )
