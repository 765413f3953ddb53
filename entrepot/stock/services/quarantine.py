"""Units go into quarantine, where nobody can buy them, and come out again when somebody found them sound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from entrepot.audit.services import record
from entrepot.kit import sql
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound, Refusal
from entrepot.stock import cached, rules
from entrepot.stock import models as tables
from entrepot.stock.services.books import ReasonNeeded
from entrepot.stock.services.disposal import DisposalInvalid
from entrepot.stock.services.moving import Step, move
from entrepot.stock.services.receive import CannotAdjust, lock_levels
from entrepot.stock.types import ON_SHELF, CustomsState, LevelUnits, MovementKind, WarehouseKind

LINES_MAX = 500


class NotBackOnSale(Refusal):
    """Called back, expired, or sent back from a parcel to a site that is not this warehouse."""

    code = "not_back_on_sale"
    zh = "不能解除隔离：批次正在召回、已过期，或商品并不在该仓库"
    en = "These units stay in quarantine: the lot is called back or expired, or the goods are not in this warehouse"


def set_aside(*, level_id: UUID, sku_id: UUID, quantity: int, reference: str, now: datetime) -> int:
    """Damaged units go into quarantine: nobody can buy them. Returns how many, 0 for a repeated reference.

    Refuses NotFound, DisposalInvalid, CannotAdjust where fewer are free.
    """
    level = tables.Level.objects.filter(id=level_id, sku_id=sku_id).first()
    if level is None or level.customs_state == CustomsState.QUARANTINED:
        raise NotFound(what="level")
    with transaction.atomic():
        return _moved(level, CustomsState.QUARANTINED, quantity, reference, now)


def end_quarantine(*, lines: Sequence[LevelUnits], reason: str, reference: str, actor: str, now: datetime) -> int:
    """Units that were held for quality, set aside or beyond an order are sound and ours: they stand for sale again, in
    the customs state of their warehouse; all lines or none. Returns how many, 0 for a repeated reference.

    Refuses DisposalInvalid, ReasonNeeded, NotFound, NotBackOnSale, CannotAdjust where fewer are there.
    """
    if not 0 < len(lines) <= LINES_MAX or len({one.level_id for one in lines}) < len(lines):
        raise DisposalInvalid(field="lines", what="lines")
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    rows = tables.Level.objects.select_related("lot").filter(
        sku_id__in=[one.sku_id for one in lines], id__in=[one.level_id for one in lines],
        customs_state=CustomsState.QUARANTINED,
    )  # fmt: skip
    with transaction.atomic():
        lock_levels(lines=list(rows.values_list("sku_id", "warehouse_id")))
        levels = {row.id: row for row in rows}
        moved = sum(_ended(levels.get(one.level_id), one.quantity, reference, now) for one in lines)
        if moved:
            told = f"{reference}: {reason.strip()}"[:200]
            for one in lines:
                record(
                    actor=actor, action="stock.end_quarantine", subject_kind="lot",
                    subject_id=levels[one.level_id].lot_id, buyer_id=None, reason=told, at=now,
                )  # fmt: skip
    return moved


def _ended(level: tables.Level | None, quantity: int, reference: str, now: datetime) -> int:
    """In a transaction, the level as it was read after it was locked."""
    if level is None:
        raise NotFound(what="level")
    kind = cached.warehouses()[level.warehouse_id].kind
    moved = _moved(level, ON_SHELF[kind], quantity, reference, now)
    expired = level.lot.expires_on is not None and level.lot.expires_on <= day_in(CHINA, now)
    if level.stopped or expired or level.on_hand - moved < _elsewhere(level, kind):
        raise NotBackOnSale
    return moved


def _elsewhere(level: tables.Level, kind: WarehouseKind) -> int:
    """Units that buyers sent back of parcels from abroad: they are on the level, and at a site at home."""
    if kind is not WarehouseKind.OVERSEAS:
        return 0
    back = tables.Movement.objects.filter(sku_id=level.sku_id, level_id=level.id, kind=MovementKind.RETURN)
    return back.aggregate(units=Sum("on_hand"))["units"] or 0


def _moved(level: tables.Level, state: CustomsState, quantity: int, reference: str, now: datetime) -> int:
    """From this level to the one of the same lot in another state; both stay locked. In a transaction."""
    if not 0 < quantity <= rules.QUANTITY_MAX or not 0 < len(reference) <= 60:
        raise DisposalInvalid(field="quantity", what="quantity")
    there = {
        "sku_id": level.sku_id, "warehouse_id": level.warehouse_id, "lot_id": level.lot_id, "owner_id": level.owner_id,
    }  # fmt: skip
    columns = {f"{name}s": [value] for name, value in there.items()}
    sql.run(sql.load("stock", "open_levels"), {**columns, "level_ids": [new_id()], "states": [state.value]})
    lock_levels(lines=[(level.sku_id, level.warehouse_id)])
    target = tables.Level.objects.get(**there, customs_state=state)
    steps = [
        Step(level.sku_id, level.id, MovementKind.ASIDE, -quantity, reference),
        Step(level.sku_id, target.id, MovementKind.ASIDE, quantity, reference),
    ]
    found = move(steps=steps, now=now)[0]
    if not found["fits"]:
        raise CannotAdjust(field="quantity", left=found["free"])
    return 0 if found["known"] else quantity
