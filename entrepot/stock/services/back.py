from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.kit import sql
from entrepot.kit.refusals import Refusal
from entrepot.stock import cached, rules
from entrepot.stock.models import Movement
from entrepot.stock.services.receive import book_in
from entrepot.stock.services.told import tell
from entrepot.stock.services.waiting import LOCK_TIMEOUT, waiting
from entrepot.stock.types import ON_SHELF, SELLABLE, CustomsState, MovementKind, PutBack

LINES_MAX = 200


class MoreThanShipped(Refusal):
    code = "more_than_shipped"
    zh = "退回数量超过该订单行已出库且尚未退回的数量"
    en = "More units would come back than were shipped for the line and are still out"


class NotAtHome(Refusal):
    code = "not_at_home"
    zh = "完税商品只能退入国内仓或门店，不能退回保税仓或海外仓"
    en = "Duty-paid goods come back to a warehouse or shop at home, not to a bonded one or one abroad"


def put_back(
    *, reference: UUID, lines: Sequence[PutBack], returned: str, now: datetime, home_id: UUID | None = None
) -> int:
    """Units shipped for the order `reference` are in their warehouse again, on the lots they came from: what is sound
    in the customs state it left in, the rest quarantined. `home_id`: their duty was paid, so they come to this
    warehouse at home and to no bonded one. Never more than were shipped. Returns the units put back; a second call with
    the same `returned` (the return's name) changes nothing and returns 0.

    Refuses MoreThanShipped, NotAtHome, CannotWait; after a refusal the caller's transaction must end.
    """
    if not 0 < len(lines) <= LINES_MAX or min(min(one.sound, one.spoiled) for one in lines) < 0:
        raise ValueError(f"1 to {LINES_MAX} lines of units")
    if not 0 < len(returned) <= 60:
        raise ValueError("the return needs a name")
    if home_id is not None and not _at_home(home_id):
        raise NotAtHome(field="warehouse")
    sku_ids = sorted({one.sku_id for one in lines})
    with transaction.atomic():
        shipped = _shipped(reference, lines)
        # A statement of its own, after the lock: it sees what a call at the same moment has written.
        if Movement.objects.filter(sku_id__in=sku_ids, kind=MovementKind.RETURN, reference=returned).exists():
            return 0
        parts = rules.spread(lines, shipped)
        if parts is None:
            raise MoreThanShipped(field="lines")
        if not parts:
            return 0
        levels: Counter[tuple[Any, ...]] = Counter()
        for claim, was, quantity in parts:
            state = CustomsState.DUTY_PAID if home_id and was in SELLABLE else was
            place = home_id or claim["warehouse_id"]
            levels[claim["sku_id"], place, claim["lot_id"], claim["owner_id"], state.value] += quantity
        columns = list(zip(*sorted(levels, key=lambda key: [str(part) for part in key]), strict=True))
        names = ("sku_ids", "warehouse_ids", "lot_ids", "owner_ids", "states")
        params = {name: list(column) for name, column in zip(names, columns, strict=True)}
        quantities = [levels[key] for key in zip(*columns, strict=True)]
        rows = book_in(
            kind=MovementKind.RETURN, params={**params, "quantities": quantities, "reference": returned, "at": now}
        )
        _count(parts)
        sold = {sku_id for sku_id, state in zip(params["sku_ids"], params["states"], strict=True) if state in SELLABLE}
        tell(sku_ids={row["sku_id"] for row in rows if row["fresh"]} & sold)
    return sum(quantities)


def _at_home(warehouse_id: UUID) -> bool:
    found = cached.warehouses().get(warehouse_id)
    return found is not None and ON_SHELF[found.kind] is CustomsState.DUTY_PAID


def _shipped(reference: UUID, lines: Sequence[PutBack]) -> list[dict[str, Any]]:
    params = {
        "reference": reference,
        "sku_ids": sorted({one.sku_id for one in lines}),
        "line_ids": [one.line_id for one in lines],
        "lock_timeout": LOCK_TIMEOUT,
    }
    with waiting():
        return sql.rows(sql.load("stock", "shipped"), params)


def _count(parts: Sequence[tuple[dict[str, Any], CustomsState, int]]) -> None:
    counted: Counter[tuple[UUID, UUID]] = Counter()
    for claim, _, quantity in parts:
        counted[claim["id"], claim["sku_id"]] += quantity
    params = {
        "ids": [id_ for id_, _ in counted],
        "sku_ids": [sku_id for _, sku_id in counted],
        "quantities": list(counted.values()),
    }
    if sql.run(sql.load("stock", "count_back"), params) != len(counted):
        raise MoreThanShipped(field="lines")
