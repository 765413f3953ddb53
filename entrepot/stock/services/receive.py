from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.stock import cached, rules
from entrepot.stock.models import Level
from entrepot.stock.services.moving import Step, move
from entrepot.stock.services.told import tell
from entrepot.stock.services.waiting import LOCK_TIMEOUT, waiting
from entrepot.stock.types import MovementKind, ReceiptLine


class ReceiptInvalid(Invalid):
    code = "receipt_invalid"
    zh = "入库第{position}行有误：{what}"
    en = "Line {position} of the receipt cannot be right: {what}"


class LotDiffers(Refusal):
    """A lot is one batch at one landed cost; what is known of it does not change with a later receipt."""

    code = "lot_differs"
    status = 422
    zh = "批次{lot}已有不同的登记内容，请使用新的批次号"
    en = "Lot {lot} is on record with other particulars; give these goods a lot code of their own"


class ReceiptDiffers(Refusal):
    code = "receipt_differs"
    zh = "入库单{reference}已登记，且数量不同"
    en = "Receipt {reference} is on record with other quantities"


class CannotAdjust(Refusal):
    code = "cannot_adjust"
    zh = "调整后库存将少于已占用数量"
    en = "The adjustment would leave fewer units than are claimed"


_FIXED = ("expires_on", "origin", "currency", "item_record", "produced_on", "declaration_number")  # and the cost


def receive(*, receipts: Sequence[ReceiptLine], reference: str, now: datetime) -> int:
    """Goods arrive: lots and levels are made where new, and units booked in. Returns the units received.

    The same reference with the same lines again changes nothing and returns 0; with others it refuses ReceiptDiffers.
    Refuses ReceiptInvalid(field), LotDiffers. At most `rules.RECEIPTS_MAX` lines.
    """
    if not 0 < len(receipts) <= rules.RECEIPTS_MAX or not 0 < len(reference) <= 60:
        raise ReceiptInvalid(field="receipts", position=0, what="receipts, reference")
    fault = rules.receipt_fault(receipts, cached.warehouses())
    if fault is not None:
        raise ReceiptInvalid(field=fault[1], position=fault[0] + 1, what=fault[1])
    merged = _by_level(receipts)
    lines = [line for line, _ in merged]
    with transaction.atomic():
        lots = _lots(lines)
        params: dict[str, Any] = {
            "sku_ids": [line.sku_id for line in lines],
            "warehouse_ids": [line.warehouse_id for line in lines],
            "lot_ids": [lots[line.sku_id, line.lot] for line in lines],
            "owner_ids": [line.owner_id for line in lines],
            "states": [line.customs_state.value for line in lines],
            "quantities": [quantity for _, quantity in merged],
            "reference": reference,
            "at": now,
        }
        rows = book_in(kind=MovementKind.RECEIVE, params=params)
        if any(row["known"] not in (None, row["quantity"]) for row in rows):
            raise ReceiptDiffers(field="reference", reference=reference)
        tell(sku_ids={row["sku_id"] for row in rows if row["fresh"] and row["known"] is None})
    return sum(row["quantity"] for row in rows if row["known"] is None)


def book_in(*, kind: MovementKind, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Raise the levels of lots, made where new, in key order; who is told is the caller's matter. In a transaction.

    `params` as in `sql/receive.sql`. Refuses CannotWait.
    """
    whole = {
        **params,
        "kind": kind.value,
        "movement_ids": [new_id() for _ in params["sku_ids"]],
        "level_ids": [new_id() for _ in params["sku_ids"]],
        "day": cached.fresh_day(params["at"]),
    }
    sql.run(sql.load("stock", "open_levels"), whole)
    lock_levels(lines=list(zip(params["sku_ids"], params["warehouse_ids"], strict=True)))
    return sql.rows(sql.load("stock", "receive"), whole)


def adjust(*, level_id: UUID, sku_id: UUID, change: int, reference: str, now: datetime) -> None:
    """A count found `change` more (or fewer) units than the books: correct them. Repeating a reference does nothing.

    Refuses NotFound, CannotAdjust when claimed units would be missing.
    """
    if change == 0 or not 0 < len(reference) <= 60:
        raise ReceiptInvalid(field="change", position=1, what="change")
    level = Level.objects.filter(id=level_id, sku_id=sku_id).values_list("warehouse_id", flat=True).first()
    if level is None:
        raise NotFound(what="level")
    with transaction.atomic():
        lock_levels(lines=[(sku_id, level)])
        (found,) = move(steps=[Step(sku_id, level_id, MovementKind.ADJUST, change, reference)], now=now)
        if not found["fits"]:
            raise CannotAdjust(field="change", left=found["free"])


def gone(*, lots: Collection[tuple[UUID, UUID]], reference: str, now: datetime) -> int:
    """All free units of these lots (SKU, lot) were sold before these books began; returns how many. What their lots
    cost is cost of sales. Repeating a reference (50 characters) does nothing. Refuses CannotWait.

    Each level moves under a reference of its own: what is asked by reference expects few movements, not a history."""
    ids = {sku_id for sku_id, _ in lots}, {lot_id for _, lot_id in lots}
    with transaction.atomic():
        there = Level.objects.filter(sku_id__in=ids[0], lot_id__in=ids[1]).order_by("sku_id", "id")
        lock_levels(lines=list(there.values_list("sku_id", "warehouse_id")))
        steps = [
            Step(one.sku_id, one.id, MovementKind.GONE, one.claimed - one.on_hand, f"{reference} {one.id.hex[-9:]}")
            for one in there.all()
            if one.on_hand > one.claimed
        ]
        move(steps=steps, now=now)
    return -sum(step.change for step in steps)


def _by_level(receipts: Sequence[ReceiptLine]) -> list[tuple[ReceiptLine, int]]:
    """One entry per level with the units of all its lines, in key order so that locks are taken in key order."""
    found: dict[tuple[str, ...], tuple[ReceiptLine, int]] = {}
    for line in receipts:
        key = tuple(str(part) for part in (line.sku_id, line.warehouse_id, line.lot, line.owner_id, line.customs_state))
        known = found.get(key)
        found[key] = (line, line.quantity + (known[1] if known else 0))
    return [found[key] for key in sorted(found)]


def lock_levels(*, lines: Sequence[tuple[UUID, UUID]], timeout: str = LOCK_TIMEOUT) -> None:
    """Lock the levels of these (sku_id, warehouse_id) until the transaction ends. Refuses CannotWait."""
    with waiting():
        sql.rows(
            sql.load("stock", "lock_levels"),
            {
                "sku_ids": list({sku for sku, _ in lines}),
                "warehouse_ids": list({warehouse for _, warehouse in lines}),
                "lock_timeout": timeout,
            },
        )


def _lots(lines: Sequence[ReceiptLine]) -> dict[tuple[UUID, str], UUID]:
    """Lot ids by (sku_id, code), made where new. Refuses LotDiffers."""
    first = {(line.sku_id, line.lot): line for line in lines}
    wanted = [first[key] for key in sorted(first)]
    rows = sql.rows(
        sql.load("stock", "open_lots"),
        {
            "ids": [new_id() for _ in wanted],
            "sku_ids": [line.sku_id for line in wanted],
            "codes": [line.lot for line in wanted],
            "expiries": [line.expires_on for line in wanted],
            "origins": [line.origin for line in wanted],
            "costs": [line.unit_cost for line in wanted],
            "currencies": [line.currency for line in wanted],
            "records": [line.item_record for line in wanted],
            "productions": [line.produced_on for line in wanted],
            "declarations": [line.declaration_number for line in wanted],
        },
    )
    known = {(row["sku_id"], row["code"]): row for row in rows}
    for line in lines:
        row = known[line.sku_id, line.lot]
        same = all(getattr(line, name) == row[name] for name in _FIXED)
        if not same or row["unit_cost"] != line.unit_cost.quantize(Decimal("0.000001")):
            raise LotDiffers(field="lot", lot=line.lot)
    return {key: row["id"] for key, row in known.items()}
