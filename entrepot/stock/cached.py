"""The warehouses as this process last read them: a small table that changes a few times a year."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from entrepot.kit.kept import Kept
from entrepot.stock.models import Warehouse as Row
from entrepot.stock.types import Warehouse, WarehouseKind

KEPT_S = 30  # other processes see a change after at most this
_kept: Kept[Mapping[UUID, Warehouse]] = Kept(keep_s=KEPT_S)


def forget_warehouses() -> None:
    _kept.forget()


def warehouses() -> Mapping[UUID, Warehouse]:
    """Every warehouse by id, ordered by code."""
    return _kept.get("all", _read)


def _read() -> Mapping[UUID, Warehouse]:
    return MappingProxyType({row.id: _warehouse(row) for row in Row.objects.order_by("code")})


def _warehouse(row: Row) -> Warehouse:
    return Warehouse(
        id=row.id,
        code=row.code,
        names=row.names,
        kind=WarehouseKind(row.kind),
        country=row.country,
        city=row.city,
        trade_mode=row.trade_mode,
        customs_code=row.customs_code,
        port_code=row.port_code,
        area_code=row.area_code,
        area_name=row.area_name,
        account_book=row.account_book,
        days_min=row.days_min,
        days_max=row.days_max,
    )
