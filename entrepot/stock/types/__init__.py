"""Where goods are, as other contexts see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec


class WarehouseKind(StrEnum):
    BONDED = "bonded"
    OVERSEAS = "overseas"
    DOMESTIC = "domestic"
    SHOP = "shop"


class CustomsState(StrEnum):
    IN_TRANSIT = "in_transit"
    BONDED = "bonded"
    RELEASED = "released"
    DUTY_PAID = "duty_paid"
    QUARANTINED = "quarantined"


# What goods are to customs while they stand on a warehouse's shelves for sale: goods abroad are in nobody's bond, goods
# at home have paid.
ON_SHELF = {
    WarehouseKind.BONDED: CustomsState.BONDED,
    WarehouseKind.OVERSEAS: CustomsState.RELEASED,
    WarehouseKind.DOMESTIC: CustomsState.DUTY_PAID,
    WarehouseKind.SHOP: CustomsState.DUTY_PAID,
}


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
    gate_pass_since: datetime | None = None  # parcels leave on a gate pass only; None: with their release


@dataclass(frozen=True, slots=True)
class Available:
    """Free units of one SKU in one warehouse (on hand less claimed, sellable states only)."""

    sku_id: UUID
    warehouse_id: UUID
    quantity: int


class ClaimLine(msgspec.Struct, frozen=True):
    """One order line's wish: `quantity` units of `sku_id` from `warehouse_id`."""

    line_id: UUID
    sku_id: UUID
    warehouse_id: UUID
    quantity: int


class ClaimWish(msgspec.Struct, frozen=True):
    """What one order needs held: all of it or nothing. `channel_id`: where it is sold, if that asks for shelf life."""

    reference: UUID
    buyer_id: UUID
    lines: tuple[ClaimLine, ...]
    expires_at: datetime
    channel_id: UUID | None = None


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
    produced_on: date | None = None
    declaration_number: str = ""  # of the inbound declaration that it came with


@dataclass(frozen=True, slots=True)
class LotClaim:
    """Units of one lot that an order line holds or took with it; `returned` of them are back."""

    claim_id: UUID
    sku_id: UUID
    lot_id: UUID
    buyer_id: UUID
    order_id: UUID
    line_id: UUID
    part: int
    quantity: int
    returned: int
    state: ClaimState

    @property
    def key(self) -> tuple[UUID, UUID, int]:
        """Claims of one lot are read in the order of it."""
        return self.order_id, self.line_id, self.part


@dataclass(frozen=True, slots=True)
class LotUnits:
    """Units of one lot: received in all; in stock free, held (quarantined) and claimed by orders."""

    lot_id: UUID
    received: int
    free: int
    held: int
    claimed: int


@dataclass(frozen=True, slots=True)
class Holding:
    """Units of one SKU that are ours, by where and in what state they are and where their lots come from.

    `cost` is the landed cost of all of them in the lots' currency.
    """

    sku_id: UUID
    kind: WarehouseKind
    customs_state: CustomsState
    origin: str
    currency: str
    units: int
    cost: Decimal


HOUSE = UUID(int=0)  # the owner of goods that are ours; merchants have ids of their own
SELLABLE = (CustomsState.BONDED, CustomsState.RELEASED, CustomsState.DUTY_PAID)


class MovementKind(StrEnum):
    """What happened to units on a level. The ledger of these is the source, the level their sum."""

    RECEIVE = "receive"
    CLAIM = "claim"
    RELEASE = "release"
    SHIP = "ship"
    ADJUST = "adjust"
    RETURN = "return"  # shipped once, back from the buyer
    ASIDE = "aside"  # into quarantine or out of it: from one level to the other of the same lot
    DISPOSE = "dispose"  # destroyed under supervision, or sent back abroad
    SEND = "send"  # to another warehouse: from the shelf to its goods in transit
    ARRIVE = "arrive"  # there: from in transit to the shelf
    LOST = "lost"  # sent and never arrived
    COUNT = "count"  # a count found more or fewer
    GONE = "gone"  # sold before these books began: goods of a history that was taken over


class ClaimState(StrEnum):
    OPEN = "open"  # held for the order line
    RELEASED = "released"  # given back
    SHIPPED = "shipped"  # left the warehouse


@dataclass(frozen=True, slots=True)
class WarehouseDraft:
    """A warehouse as staff or the demo describe it; `code` is its identity. Fields as in `Warehouse`."""

    code: str
    names: Mapping[str, str]
    kind: WarehouseKind
    country: str
    city: Mapping[str, str]
    trade_mode: str
    customs_code: str = ""
    port_code: str = ""
    area_code: str = ""
    area_name: str = ""
    account_book: str = ""
    days_min: int = 2
    days_max: int = 5


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Units of one lot that arrived. `unit_cost` is the landed cost of one unit in `currency`."""

    sku_id: UUID
    warehouse_id: UUID
    lot: str
    expires_on: date | None
    origin: str
    quantity: int
    unit_cost: Decimal
    currency: str
    customs_state: CustomsState
    item_record: str = ""
    owner_id: UUID = HOUSE
    produced_on: date | None = None
    declaration_number: str = ""


@dataclass(frozen=True, slots=True)
class PutBack:
    """Units shipped for an order line that are in their warehouse again: `sound` go back into the customs state that
    they left in, `spoiled` are quarantined; of a line with a lot that was called back, all are."""

    line_id: UUID
    sku_id: UUID
    sound: int
    spoiled: int


@dataclass(frozen=True, slots=True)
class Level:
    """What stands on one shelf: units of one lot, owner and customs state in one warehouse. For staff."""

    id: UUID
    sku_id: UUID
    warehouse_id: UUID
    lot: Lot
    owner_id: UUID
    customs_state: CustomsState
    on_hand: int
    claimed: int

    @property
    def free(self) -> int:
        return self.on_hand - self.claimed


@dataclass(frozen=True, slots=True)
class LevelUnits:
    """Some units of one level: to be sent elsewhere, disposed of, or sold again."""

    sku_id: UUID
    level_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One level whose books do not agree. `rule` says which: on_hand, claimed, claims, shipped or returned."""

    rule: str
    level_id: UUID
    sku_id: UUID
    expected: int
    found: int
