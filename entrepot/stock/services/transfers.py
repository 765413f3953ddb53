"""Transfers between warehouses in two phases: what is sent is in transit until it is received, found or lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.audit.services import record
from entrepot.kit import sql
from entrepot.kit.ids import human_number, new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.stock import cached, rules
from entrepot.stock import lot_models as tables
from entrepot.stock.models import Level
from entrepot.stock.services.books import ReasonNeeded
from entrepot.stock.services.moving import Step, move
from entrepot.stock.services.receive import lock_levels
from entrepot.stock.types import CustomsState, LevelUnits, MovementKind
from entrepot.stock.types.lots import TransferState

LINES_MAX = 500


class TransferInvalid(Invalid):
    code = "transfer_invalid"
    zh = "调拨资料有误：{what}"
    en = "The transfer's {what} cannot be right"


class NotByTransfer(Refusal):
    code = "not_by_transfer"
    zh = "这两个仓库之间不能调拨：海关状态或账册不同，须经申报"
    en = "Goods do not go from one of these warehouses to the other by a transfer: customs must be told first"


class UnknownTransfer(NotFound):
    code = "unknown_transfer"
    zh = "没有找到这笔调拨"
    en = "There is no such transfer"


class TransferNotNow(Refusal):
    code = "transfer_not_now"
    zh = "该调拨当前状态不能进行此操作，请刷新后再看"
    en = "The transfer is in a state in which this cannot be done: look again first"


class NotEnoughFree(Refusal):
    code = "not_enough_free"
    zh = "可用数量不足，部分批次已被占用或已移走"
    en = "Not that many units are free: some are claimed or gone"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Units of one line that were counted at the target; another number than was sent needs a reason."""

    units: int
    reason: str = ""


def plan_transfer(
    *, source_id: UUID, target_id: UUID, lines: Sequence[LevelUnits], note: str, actor: str, now: datetime
) -> UUID:
    """Write down what is to go; nothing moves yet. Refuses TransferInvalid(field), NotByTransfer, NotEnoughFree."""
    places = cached.warehouses()
    source, target = places.get(source_id), places.get(target_id)
    if source is None or target is None or source_id == target_id:
        raise TransferInvalid(field="target", what="warehouse")
    if not rules.may_transfer(source, target):
        raise NotByTransfer(field="target")
    if not 0 < len(lines) <= LINES_MAX or len({one.level_id for one in lines}) < len(lines):
        raise TransferInvalid(field="lines", what="lines")
    levels = {row.id: row for row in Level.objects.filter(id__in=[one.level_id for one in lines])}
    for one in lines:
        level = levels.get(one.level_id)
        if level is None or level.warehouse_id != source_id or level.customs_state == CustomsState.IN_TRANSIT:
            raise TransferInvalid(field="lines", what="lot")
        if not 0 < one.quantity <= level.on_hand - level.claimed:
            raise NotEnoughFree(field="lines")
    with transaction.atomic():
        row = tables.Transfer.objects.create(
            number=human_number("TR", now), source_id=source_id, target_id=target_id, state=TransferState.PLANNED,
            note=note[:200], created_at=now,
        )  # fmt: skip
        tables.TransferLine.objects.bulk_create(
            [
                tables.TransferLine(
                    sku_id=one.sku_id, of=row, n=n, level_id=one.level_id, lot_id=levels[one.level_id].lot_id,
                    owner_id=levels[one.level_id].owner_id, customs_state=levels[one.level_id].customs_state,
                    quantity=one.quantity,
                )
                for n, one in enumerate(lines, 1)
            ]
        )  # fmt: skip
        _trace(row, "plan", actor, note, now)
    return row.id


def send_transfer(*, transfer_id: UUID, actor: str, now: datetime) -> int:
    """The goods leave: off the shelves, in transit to the target. All or none; once. Returns the units.

    Refuses UnknownTransfer, TransferNotNow, NotEnoughFree, CannotWait.
    """
    with transaction.atomic():
        row, lines = _locked(transfer_id, TransferState.PLANNED)
        there = _levels(row, lines, [CustomsState.IN_TRANSIT] * len(lines))
        steps = []
        for line, transit in zip(lines, there, strict=True):
            reference = f"{row.number}/{line.n}S"
            steps.append(Step(line.sku_id, line.level_id, MovementKind.SEND, -line.quantity, reference))
            steps.append(Step(line.sku_id, transit, MovementKind.SEND, line.quantity, reference))
        if not all(found["fits"] for found in move(steps=steps, now=now)):
            raise NotEnoughFree(field="lines")
        tables.Transfer.objects.filter(id=row.id).update(state=TransferState.SENT, sent_at=now)
        _trace(row, "send", actor, "", now)
    return sum(line.quantity for line in lines)


def receive_transfer(*, transfer_id: UUID, counted: Mapping[UUID, Arrived], actor: str, now: datetime) -> TransferState:
    """Every line was counted: what came stands on the target's shelves in the state that it was sent in, what is
    missing stays in transit, what is too much is booked as counted. Once. Returns the state: done, or short.

    Refuses UnknownTransfer, TransferNotNow, TransferInvalid(field), ReasonNeeded, CannotWait.
    """
    with transaction.atomic():
        row, lines = _locked(transfer_id, TransferState.SENT)
        for line in lines:
            one = counted.get(line.id)
            if one is None or not 0 <= one.units <= rules.QUANTITY_MAX:
                raise TransferInvalid(field="counted", what="count")
            if one.units != line.quantity and not one.reason.strip():
                raise ReasonNeeded(field="reason")
            line.arrived, line.reason = one.units, one.reason.strip()[:200]
        came = [min(line.quantity, line.arrived or 0) for line in lines]
        over = [max(0, (line.arrived or 0) - line.quantity) for line in lines]
        _arrive(row, lines, came, "R", now)
        _extra(row, lines, over, now)
        short = sum(came) < sum(line.quantity for line in lines)
        state = TransferState.SHORT if short else TransferState.DONE
        tables.TransferLine.objects.bulk_update(lines, ["arrived", "reason"])
        tables.Transfer.objects.filter(id=row.id).update(state=state, received_at=now)
        _trace(row, "receive", actor, "", now)
    return state


def settle_transfer(*, transfer_id: UUID, found: Mapping[UUID, int], reason: str, actor: str, now: datetime) -> int:
    """What was missing is found, so many units of these lines, and the rest is lost. Once. Returns the units lost.

    Refuses UnknownTransfer, TransferNotNow, TransferInvalid(field), ReasonNeeded, CannotWait.
    """
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    with transaction.atomic():
        row, lines = _locked(transfer_id, TransferState.SHORT)
        missing = [max(0, line.quantity - (line.arrived or 0)) for line in lines]
        late = [found.get(line.id, 0) for line in lines]
        if any(not 0 <= units <= gone for units, gone in zip(late, missing, strict=True)):
            raise TransferInvalid(field="found", what="count")
        _arrive(row, lines, late, "F", now)
        lost = [gone - units for gone, units in zip(missing, late, strict=True)]
        transit = _levels(row, lines, [CustomsState.IN_TRANSIT] * len(lines))
        steps = [
            Step(line.sku_id, level, MovementKind.LOST, -units, f"{row.number}/{line.n}L")
            for line, level, units in zip(lines, transit, lost, strict=True)
            if units
        ]
        _must(steps, now)
        for line, units, gone in zip(lines, late, lost, strict=True):
            line.arrived, line.lost = (line.arrived or 0) + units, gone
        tables.TransferLine.objects.bulk_update(lines, ["arrived", "lost"])
        tables.Transfer.objects.filter(id=row.id).update(state=TransferState.DONE)
        _trace(row, "settle", actor, reason, now)
    return sum(lost)


def cancel_transfer(*, transfer_id: UUID, actor: str, now: datetime) -> None:
    """A plan is given up; nothing had moved. Refuses UnknownTransfer, TransferNotNow."""
    with transaction.atomic():
        row, _ = _locked(transfer_id, TransferState.PLANNED)
        tables.Transfer.objects.filter(id=row.id).update(state=TransferState.CANCELLED)
        _trace(row, "cancel", actor, "", now)


def _arrive(
    row: tables.Transfer, lines: Sequence[tables.TransferLine], came: Sequence[int], mark: str, now: datetime
) -> None:
    """So many units of each line leave transit and stand on the shelves."""
    transit = _levels(row, lines, [CustomsState.IN_TRANSIT] * len(lines))
    shelf = _levels(row, lines, [line.customs_state for line in lines])
    steps = []
    for line, start, end, units in zip(lines, transit, shelf, came, strict=True):
        if units:
            reference = f"{row.number}/{line.n}{mark}"
            steps.append(Step(line.sku_id, start, MovementKind.ARRIVE, -units, reference))
            steps.append(Step(line.sku_id, end, MovementKind.ARRIVE, units, reference))
    _must(steps, now)


def _extra(row: tables.Transfer, lines: Sequence[tables.TransferLine], over: Sequence[int], now: datetime) -> None:
    shelf = _levels(row, lines, [line.customs_state for line in lines])
    steps = [
        Step(line.sku_id, level, MovementKind.COUNT, units, f"{row.number}/{line.n}O")
        for line, level, units in zip(lines, shelf, over, strict=True)
        if units
    ]
    _must(steps, now)


def _must(steps: Sequence[Step], now: datetime) -> None:
    """What is in transit for a transfer cannot be missing. Raises AssertionError where the books say otherwise."""
    if not all(found["fits"] and not found["known"] for found in move(steps=steps, now=now)):
        raise AssertionError("goods in transit do not cover their transfer")


def _levels(
    row: tables.Transfer, lines: Sequence[tables.TransferLine], states: Sequence[CustomsState | str]
) -> list[UUID]:
    """The target's level for each line in the state, made where new; it and the source's are locked."""
    params: dict[str, Any] = {
        "level_ids": [new_id() for _ in lines],
        "sku_ids": [line.sku_id for line in lines],
        "warehouse_ids": [row.target_id for _ in lines],
        "lot_ids": [line.lot_id for line in lines],
        "owner_ids": [line.owner_id for line in lines],
        "states": [CustomsState(state).value for state in states],
    }
    sql.run(sql.load("stock", "open_levels"), params)
    lock_levels(lines=[(line.sku_id, place) for line in lines for place in (row.source_id, row.target_id)])
    found = Level.objects.filter(sku_id__in=params["sku_ids"], warehouse_id=row.target_id)
    ids = {(one.lot_id, one.owner_id, one.customs_state): one.id for one in found}
    return [ids[line.lot_id, line.owner_id, state] for line, state in zip(lines, params["states"], strict=True)]


def _locked(transfer_id: UUID, state: TransferState) -> tuple[tables.Transfer, list[tables.TransferLine]]:
    """The transfer's row, locked, if it is in the state, with its lines."""
    row = tables.Transfer.objects.select_for_update().filter(id=transfer_id).first()
    if row is None:
        raise UnknownTransfer(what="transfer")
    if row.state != state:
        raise TransferNotNow
    return row, list(tables.TransferLine.objects.filter(of_id=row.id).order_by("n"))


def _trace(row: tables.Transfer, action: str, actor: str, reason: str, now: datetime) -> None:
    record(
        actor=actor,
        action=f"stock.transfer_{action}",
        subject_kind="transfer",
        subject_id=row.id,
        buyer_id=None,
        reason=reason,
        at=now,
    )
