"""Questions about goods."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from entrepot.kit import sql
from entrepot.stock import cached
from entrepot.stock.models import Level as LevelRow
from entrepot.stock.models import Lot as LotRow
from entrepot.stock.types import Available, CustomsState, Discrepancy, Holding, Level, Lot, Warehouse, WarehouseKind

PAGE = 100
IDS_MAX = 5_000


def warehouses() -> Mapping[UUID, Warehouse]:
    """Every warehouse by id, ordered by code; as old as `cached.KEPT_S` in other processes."""
    return cached.warehouses()


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


def holdings() -> list[Holding]:
    """Everything that is ours, in one statement, ordered by SKU."""
    return [
        Holding(**{**row, "kind": WarehouseKind(row["kind"]), "customs_state": CustomsState(row["customs_state"])})
        for row in sql.rows(sql.load("stock", "holdings"), {})
    ]


def lots(*, ids: Collection[UUID]) -> dict[UUID, Lot]:
    """Lots by id."""
    return {row.id: _lot(row) for row in LotRow.objects.filter(id__in=ids)}


def levels(*, sku_ids: Collection[UUID] | None = None, warehouse_id: UUID | None = None, page: int = 1) -> list[Level]:
    """What stands where, for staff: by SKU and warehouse, at most `PAGE` rows a page."""
    rows = LevelRow.objects.select_related("lot").order_by("sku_id", "warehouse__code", "lot__expires_on", "id")
    if sku_ids is not None:
        rows = rows.filter(sku_id__in=sku_ids)
    if warehouse_id is not None:
        rows = rows.filter(warehouse_id=warehouse_id)
    start = (max(page, 1) - 1) * PAGE
    return [
        Level(
            id=row.id,
            sku_id=row.sku_id,
            warehouse_id=row.warehouse_id,
            lot=_lot(row.lot),
            owner_id=row.owner_id,
            customs_state=CustomsState(row.customs_state),
            on_hand=row.on_hand,
            claimed=row.claimed,
        )
        for row in rows[start : start + PAGE]
    ]


def discrepancies() -> list[Discrepancy]:
    """Every level whose books do not agree: ledger against level, open claims against units claimed. None is right."""
    return [Discrepancy(**row) for row in sql.rows(sql.load("stock", "discrepancies"))]


def claims_of(*, reference: UUID, sku_ids: Collection[UUID]) -> list[dict[str, Any]]:
    """The claims of one order, oldest first: {line_id, sku_id, lot_id, quantity, state, expires_at, lot_code,
    item_record}."""
    return sql.rows(sql.load("stock", "claims_of"), {"reference": reference, "sku_ids": list(sku_ids)})


def _lot(row: LotRow) -> Lot:
    return Lot(
        id=row.id,
        sku_id=row.sku_id,
        code=row.code,
        expires_on=row.expires_on,
        origin=row.origin,
        item_record=row.item_record,
    )
