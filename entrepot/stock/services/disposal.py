"""Goods that are not sold any more: destroyed under supervision, or sent back abroad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.stock import cached
from entrepot.stock import models as tables
from entrepot.stock.services.books import ReasonNeeded
from entrepot.stock.services.entries import enter
from entrepot.stock.services.receive import lock_levels
from entrepot.stock.types import CustomsState, LevelUnits
from entrepot.stock.types.bonded import Booking, BookLine, DisposalKind, DisposalState, EntryKind


class DisposalInvalid(Invalid):
    code = "disposal_invalid"
    zh = "处置资料有误：{what}"
    en = "The disposal's {what} cannot be right"


class UnknownDisposal(NotFound):
    code = "unknown_disposal"
    zh = "没有找到这笔处置"
    en = "There is no such disposal"


class DisposalNotNow(Refusal):
    code = "disposal_not_now"
    zh = "该处置当前状态不能进行此操作，请刷新后再看"
    en = "The disposal is in a state in which this cannot be done: look again first"


class NotForDisposal(Refusal):
    """Sold, claimed, gone already, or neither expired nor quarantined."""

    code = "not_for_disposal"
    zh = "部分商品不能处置：未过期且未隔离、已被占用，或数量不足"
    en = "Some of the goods cannot be disposed of: neither expired nor quarantined, claimed, or not that many left"


@dataclass(frozen=True, slots=True)
class Supervised:
    """The paper (customs', of bonded goods), the reference of the officer or witness who supervised, and the day."""

    document: str
    officer: str
    on: date


def plan_disposal(
    *, warehouse_id: UUID, kind: DisposalKind, lines: Sequence[LevelUnits], reason: str, actor: str, now: datetime
) -> UUID:
    """Write down which goods of a warehouse are to go and why; of bonded ones customs is to agree. Nothing moves yet.

    Refuses DisposalInvalid(field), ReasonNeeded, NotForDisposal.
    """
    if warehouse_id not in cached.warehouses():
        raise DisposalInvalid(field="warehouse", what="warehouse")
    if not 0 < len(lines) <= 500 or len({one.level_id for one in lines}) < len(lines):
        raise DisposalInvalid(field="lines", what="lines")
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    today = day_in(CHINA, now)
    levels = {
        level.id: level
        for level in tables.Level.objects.select_related("lot").filter(
            id__in=[one.level_id for one in lines], sku_id__in=[one.sku_id for one in lines], warehouse_id=warehouse_id
        )
    }
    if any(one.level_id not in levels or not _may_go(levels[one.level_id], one, today) for one in lines):
        raise NotForDisposal(field="lines")
    with transaction.atomic():
        row = tables.Disposal.objects.create(
            number=human_number("DP", now), warehouse_id=warehouse_id, kind=kind, state=DisposalState.PLANNED,
            reason=reason.strip()[:200], created_at=now,
        )  # fmt: skip
        tables.DisposalLine.objects.bulk_create(
            [
                tables.DisposalLine(
                    id=new_id(), sku_id=one.sku_id, of_id=row.id, level_id=one.level_id, quantity=one.quantity
                )
                for one in lines
            ]
        )
        _trace(row, "plan", actor, reason, now)
    return row.id


def carry_out(*, disposal_id: UUID, by: Supervised, actor: str, now: datetime) -> int:
    """The goods are gone, under supervision: they leave stock, and the book that they stand in. All or none; once.
    Returns the units.

    Refuses UnknownDisposal, DisposalNotNow, DisposalInvalid(field), NotForDisposal, BookShort, CannotWait.
    """
    for field in ("document", "officer"):
        if not 0 < len(getattr(by, field).strip()) <= 60:
            raise DisposalInvalid(field=field, what=field)
    if by.on > day_in(CHINA, now):
        raise DisposalInvalid(field="on", what="day")
    with transaction.atomic():
        row = _locked(disposal_id)
        lines = list(tables.DisposalLine.objects.filter(of_id=row.id).order_by("sku_id", "level_id"))
        lock_levels(lines=[(line.sku_id, row.warehouse_id) for line in lines])
        gone = sql.rows(
            sql.load("stock", "dispose"),
            {
                "movement_ids": [new_id() for _ in lines],
                "level_ids": [line.level_id for line in lines],
                "sku_ids": [line.sku_id for line in lines],
                "quantities": [line.quantity for line in lines],
                "warehouse_id": row.warehouse_id,
                "reference": row.number,
                "at": now,
                "day": day_in(CHINA, now),
            },
        )
        if len(gone) != len(lines):
            raise NotForDisposal(field="lines")
        if book := cached.warehouses()[row.warehouse_id].account_book:
            goods = tuple(BookLine(one["sku_id"], one["item_record"], one["quantity"]) for one in gone)
            booking = Booking(book, row.number, row.number, goods, by.document.strip())
            enter(kind=EntryKind.DISPOSE, bookings=[booking], actor=actor, now=now, whole=True)
        tables.Disposal.objects.filter(id=row.id).update(
            state=DisposalState.DONE, document=by.document.strip(), officer=by.officer.strip(), done_on=by.on
        )
        _trace(row, "carry_out", actor, by.document.strip(), now)
    return sum(one["quantity"] for one in gone)


def cancel_disposal(*, disposal_id: UUID, actor: str, now: datetime) -> None:
    """A plan is given up; nothing had moved. Refuses UnknownDisposal, DisposalNotNow."""
    with transaction.atomic():
        row = _locked(disposal_id)
        tables.Disposal.objects.filter(id=row.id).update(state=DisposalState.CANCELLED)
        _trace(row, "cancel", actor, "", now)


def _may_go(level: tables.Level, line: LevelUnits, today: date) -> bool:
    expired = level.lot.expires_on is not None and level.lot.expires_on <= today
    return (level.customs_state == CustomsState.QUARANTINED or expired) and (
        0 < line.quantity <= level.on_hand - level.claimed
    )


def _locked(disposal_id: UUID) -> tables.Disposal:
    row = tables.Disposal.objects.select_for_update().filter(id=disposal_id).first()
    if row is None:
        raise UnknownDisposal(what="disposal")
    if row.state != DisposalState.PLANNED:
        raise DisposalNotNow
    return row


def _trace(row: tables.Disposal, action: str, actor: str, reason: str, now: datetime) -> None:
    record(
        actor=actor,
        action=f"stock.disposal_{action}",
        subject_kind="disposal",
        subject_id=row.id,
        buyer_id=None,
        reason=reason,
        at=now,
    )
