"""The warehouses as this process last read them: a small table that changes a few times a year."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from django.core.cache import caches

from entrepot.stock.models import Warehouse as Row
from entrepot.stock.types import Warehouse, WarehouseKind

KEY = "stock.warehouses"
KEPT_S = 30  # other processes see a change after at most this


def forget_warehouses() -> None:
    caches["local"].delete(KEY)


def warehouses() -> Mapping[UUID, Warehouse]:
    """Every warehouse by id."""
    known: dict[UUID, Warehouse] | None = caches["local"].get(KEY)
    if known is None:
        known = {row.id: _warehouse(row) for row in Row.objects.order_by("code")}
        caches["local"].set(KEY, known, KEPT_S)
    return MappingProxyType(known)


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
