"""Questions about goods."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from entrepot.kit import sql
from entrepot.kit.clock import CHINA, span_of
from entrepot.kit.ids import first_id
from entrepot.stock import cached
from entrepot.stock.models import Level as LevelRow
from entrepot.stock.models import Lot as LotRow
from entrepot.stock.models import Warehouse as WarehouseRow
from entrepot.stock.types import (
    ON_SHELF,
    Available,
    CustomsState,
    Discrepancy,
    Holding,
    Level,
    Lot,
    Warehouse,
    WarehouseKind,
)

PAGE = 100
_KEY = ("sku_id", "warehouse_id", "lot_id", "owner_id", "customs_state")
IDS_MAX = 5_000


def warehouses() -> Mapping[UUID, Warehouse]:
    """Every warehouse by id, ordered by code; as old as `cached.KEPT_S` in other processes."""
    return cached.warehouses()


def closed_gates() -> dict[UUID, datetime | None]:
    """Warehouses that parcels leave on a gate pass only, and since when. Asked of the database: a process that takes a
    gate for closed which another has opened would keep a parcel that nobody comes back to."""
    rows = WarehouseRow.objects.filter(gate_pass_since__isnull=False)
    return dict(rows.values_list("id", "gate_pass_since"))


def home_places() -> list[Warehouse]:
    """Where goods whose duty is paid may stand: warehouses at home by code, then shops."""
    found = [one for one in cached.warehouses().values() if ON_SHELF[one.kind] is CustomsState.DUTY_PAID]
    return sorted(found, key=lambda one: (one.kind is not WarehouseKind.DOMESTIC, one.code))


def available(*, sku_ids: Collection[UUID], on: date | None = None) -> dict[UUID, list[Available]]:
    """Free units by SKU, one entry per warehouse that has any, ordered by warehouse. SKUs without any are left out.

    Our own goods in sellable states only. With `on` (a day in China) lots expired by then do not count.
    """
    if len(sku_ids) > IDS_MAX:
        raise ValueError(f"at most {IDS_MAX} articles at once")
    found: dict[UUID, list[Available]] = {}
    if sku_ids:
        for row in sql.hot(sql.load("stock", "available"), {"sku_ids": list(set(sku_ids)), "day": on})[1]:
            found.setdefault(row[0], []).append(Available(*row))
    return found


def sold_until(*, day: date, channel_ids: Collection[UUID]) -> date:
    """The day that the expiry of lots must lie behind, to be sold on `day` (in China) by the most lenient of these
    channels: what `available` takes as `on`."""
    return cached.sold_until(day, channel_ids)


def holdings() -> list[Holding]:
    """Everything that is ours, in one statement, ordered by SKU."""
    return [
        Holding(**{**row, "kind": WarehouseKind(row["kind"]), "customs_state": CustomsState(row["customs_state"])})
        for row in sql.rows(sql.load("stock", "holdings"), {})
    ]


def came_back(*, day: date) -> dict[tuple[UUID, UUID], int]:
    """Units that buyers sent back on a day in China, by (SKU, warehouse)."""
    since, until = span_of(CHINA, day)
    params = {"first_id": first_id(since - timedelta(days=1)), "since": since, "until": until}
    rows = sql.rows(sql.load("stock", "came_back"), params)
    return {(row["sku_id"], row["warehouse_id"]): row["units"] for row in rows}


def lots(*, ids: Collection[UUID]) -> dict[UUID, Lot]:
    """Lots by id."""
    return {row.id: lot_of(row) for row in LotRow.objects.filter(id__in=ids)}


def levels(*, sku_ids: Collection[UUID] | None = None, warehouse_id: UUID | None = None, page: int = 1) -> list[Level]:
    """What stands where, for staff: by SKU, warehouse and expiry, at most `PAGE` rows a page. Two statements."""
    # In the order of an index and out of it alone, so that a page far into a million comes at once, and then the rows
    # of the page; people see each page by expiry.
    rows = LevelRow.objects.order_by(*_KEY).values_list(*_KEY)
    if sku_ids is not None:
        rows = rows.filter(sku_id__in=sku_ids)
    if warehouse_id is not None:
        rows = rows.filter(warehouse_id=warehouse_id)
    start = (max(page, 1) - 1) * PAGE
    keys = set(rows[start : start + PAGE])
    whole = LevelRow.objects.select_related("lot").filter(
        sku_id__in={key[0] for key in keys}, lot_id__in={key[2] for key in keys}
    )
    found = [level_of(row) for row in whole if tuple(getattr(row, name) for name in _KEY) in keys] if keys else []
    codes = {place.id: place.code for place in cached.warehouses().values()}
    found.sort(key=lambda one: (one.sku_id, codes.get(one.warehouse_id, ""), one.lot.expires_on or date.max, one.id))
    return found


def discrepancies() -> list[Discrepancy]:
    """Every level whose books do not agree: ledger against level, open claims against units claimed. None is right."""
    return [Discrepancy(**row) for row in sql.rows(sql.load("stock", "discrepancies"))]


def claims_of(*, reference: UUID, sku_ids: Collection[UUID]) -> list[dict[str, Any]]:
    """The claims of one order, oldest first, without what was given back: {line_id, sku_id, lot_id, quantity, state,
    expires_at, lot_code, item_record}."""
    return sql.hot_rows(sql.load("stock", "claims_of"), {"reference": reference, "sku_ids": list(sku_ids)})


def level_of(row: LevelRow) -> Level:
    """A row with its lot."""
    return Level(
        id=row.id,
        sku_id=row.sku_id,
        warehouse_id=row.warehouse_id,
        lot=lot_of(row.lot),
        owner_id=row.owner_id,
        customs_state=CustomsState(row.customs_state),
        on_hand=row.on_hand,
        claimed=row.claimed,
    )


def lot_of(row: LotRow) -> Lot:
    """A row as others see it."""
    return Lot(
        id=row.id,
        sku_id=row.sku_id,
        code=row.code,
        expires_on=row.expires_on,
        origin=row.origin,
        item_record=row.item_record,
        produced_on=row.produced_on,
        declaration_number=row.declaration_number,
    )
