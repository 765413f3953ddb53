"""What is counted at the dock, as the pages see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from entrepot.consignments.types import Consignment
from entrepot.kit.refusals import Refusal


class ReceiptState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Condition(StrEnum):
    SOUND = "sound"
    DAMAGED = "damaged"
    HELD = "held"  # to be looked at before anybody sells it


class Gap(StrEnum):
    """Where what came is not what was announced."""

    SHORT = "short"
    OVER = "over"
    WRONG = "wrong"  # an article nobody announced
    OTHER_LOT = "other_lot"
    DAMAGED = "damaged"
    HELD = "held"


class GapState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Scan:
    """One reading of a code, as the client keeps it. `id` is the client's: the same id is the same scan. `units` below
    zero takes back. What the code or the notice says need not be said again."""

    id: UUID
    code: str
    units: int = 1
    condition: Condition = Condition.SOUND
    lot: str = ""
    produced_on: date | None = None
    expires_on: date | None = None
    origin: str = ""
    pallet: str = ""
    scanned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What a code says: digits of the article, and where it is a GS1 element string lot and days."""

    gtin: str
    lot: str = ""
    produced_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one scan. `known`: it had been taken before."""

    id: UUID
    known: bool = False
    sku_code: str = ""
    titles: Mapping[str, str] | None = None
    lot: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Units counted of one lot of one article."""

    sku_id: UUID
    lot: str
    produced_on: date | None
    expires_on: date | None
    origin: str
    sound: int
    damaged: int
    held: int

    @property
    def units(self) -> int:
        return self.sound + self.damaged + self.held


@dataclass(frozen=True, slots=True)
class Booking:
    """Units of a lot that belong to an announced line: to be sold, and aside (damaged, held or beyond the order)."""

    line_id: UUID
    order_line_id: UUID
    found: Found
    sellable: int
    aside: int


@dataclass(frozen=True, slots=True)
class Difference:
    """`key` names it in forms: kind, article and lot."""

    kind: Gap
    sku_id: UUID
    lot: str
    expected: int
    found: int

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.sku_id}:{self.lot}"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What closing would do. `counted`: units by announced line; `orders`: (units, spoiled) by order line."""

    bookings: tuple[Booking, ...]
    differences: tuple[Difference, ...]
    counted: Mapping[UUID, int]
    orders: Mapping[UUID, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Receipt:
    id: UUID
    number: str
    consignment_id: UUID
    state: ReceiptState
    opened_by: str
    opened_at: datetime
    closed_by: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A scan as it is on record."""

    id: UUID
    sku_id: UUID
    code: str
    lot: str
    units: int
    condition: Condition
    pallet: str
    taken_by: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Pallet:
    code: str
    held_by: str
    units: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A receipt with what was counted so far and what closing it now would do."""

    receipt: Receipt
    consignment: Consignment  # with its lines only
    found: tuple[Found, ...]
    weighed: Weighed
    pallets: tuple[Pallet, ...]
    recent: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class OpenDifference:
    """A difference that a closed receipt left."""

    id: UUID
    receipt_id: UUID
    receipt_number: str
    consignment_id: UUID
    kind: Gap
    state: GapState
    sku_id: UUID
    lot: str
    expected: int
    found: int
    reason: str
    outcome: str
    at: datetime
