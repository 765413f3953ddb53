"""Where goods are, as other contexts see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class WarehouseKind(StrEnum):
    BONDED = "bonded"
    OVERSEAS = "overseas"
    DOMESTIC = "domestic"


class CustomsState(StrEnum):
    IN_TRANSIT = "in_transit"
    BONDED = "bonded"
    RELEASED = "released"
    DUTY_PAID = "duty_paid"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Warehouse:
    """`trade_mode` is the customs supervision code under which goods leave it for a buyer in China (1210, 9610)."""

    id: UUID
    code: str
    names: Mapping[str, str]
    kind: WarehouseKind
    country: str
    city: Mapping[str, str]
    trade_mode: str
    customs_code: str  # 4 digits: the declaring customs
    port_code: str
    area_code: str  # bonded area, "" outside one
    area_name: str
    account_book: str  # emsNo, "" outside bonded warehouses
    days_min: int  # delivery estimate, calendar days
    days_max: int


@dataclass(frozen=True, slots=True)
class Available:
    """Free units of one SKU in one warehouse (on hand less claimed, sellable states only)."""

    sku_id: UUID
    warehouse_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One order line's wish: `quantity` units of `sku_id` from `warehouse_id`."""

    line_id: UUID
    sku_id: UUID
    warehouse_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """Units of one lot held for one order line. A line may be served by several lots (first expired first out)."""

    claim_id: UUID
    line_id: UUID
    sku_id: UUID
    warehouse_id: UUID
    lot_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Lot:
    id: UUID
    sku_id: UUID
    code: str
    expires_on: date | None
    origin: str
    item_record: str  # itemRecordNo in the account book, "" outside bonded warehouses
