"""Transfers, counts and what lots are worth, as other contexts see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from entrepot.stock.types import CustomsState, Level


class TransferState(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    SHORT = "short"  # received, and units are missing: found later, or lost
    DONE = "done"
    CANCELLED = "cancelled"


class CountState(StrEnum):
    OPEN = "open"
    POSTED = "posted"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TransferLine:
    """`arrived` is None until the goods were received; above `quantity` more came than was sent."""

    id: UUID
    sku_id: UUID
    lot: str
    expires_on: date | None
    customs_state: CustomsState
    quantity: int
    arrived: int | None
    lost: int
    reason: str

    @property
    def missing(self) -> int:
        """Units that were sent and are neither there nor given up."""
        return 0 if self.arrived is None else max(0, self.quantity - self.arrived - self.lost)


@dataclass(frozen=True, slots=True)
class Transfer:
    id: UUID
    number: str
    source_id: UUID
    target_id: UUID
    state: TransferState
    note: str
    created_at: datetime
    sent_at: datetime | None
    received_at: datetime | None
    lines: tuple[TransferLine, ...]

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def missing(self) -> int:
        return sum(line.missing for line in self.lines)


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A transfer as a list shows it: of how many lots, how many units, and how many of them are missing."""

    id: UUID
    number: str
    source_id: UUID
    target_id: UUID
    state: TransferState
    created_at: datetime
    lots: int
    units: int
    missing: int


@dataclass(frozen=True, slots=True)
class CountLine:
    id: UUID
    level: Level
    counted: int | None
    expected: int | None
    reason: str

    @property
    def difference(self) -> int:
        return 0 if self.counted is None or self.expected is None else self.counted - self.expected


@dataclass(frozen=True, slots=True)
class Count:
    id: UUID
    number: str
    warehouse_id: UUID
    state: CountState
    created_at: datetime
    posted_at: datetime | None
    lines: tuple[CountLine, ...]

    @property
    def counted(self) -> int:
        return sum(line.counted is not None for line in self.lines)

    @property
    def different(self) -> int:
        return sum(bool(line.difference) for line in self.lines)


@dataclass(frozen=True, slots=True)
class CountRow:
    """A sheet as a list shows it: of how many lots, how many are counted, and how many differ from the books."""

    id: UUID
    number: str
    warehouse_id: UUID
    state: CountState
    created_at: datetime
    lots: int
    counted: int
    different: int


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge on lots of one currency; `rate` is units of that currency for one of the invoice's, and whose rate.
    `paid` and `amounts`: what it lays on each lot of the run, in their order, in minor units of the invoice's currency
    and of the lot's; 0 paid on those that bear nothing of it."""

    id: UUID
    kind: str
    paid_currency: str
    currency: str
    rate: Decimal
    source: str
    paid: Sequence[int]
    amounts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Borne:
    """What became of a charge when it was laid on its lots: on units in stock, sold, and gone otherwise."""

    charge_id: UUID
    stock_minor: int
    sold_minor: int
    lost_minor: int


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What a lot bears costs by. `units` ever came; `in_stock` are there, `sold` left for buyers and stayed away."""

    sku_id: UUID
    lot_id: UUID
    code: str
    unit_cost: Decimal
    currency: str
    units: int
    in_stock: int
    sold: int


@dataclass(frozen=True, slots=True)
class LotCost:
    """One charge's share on one lot, or its taking back."""

    sku_id: UUID
    lot_id: UUID
    run_id: UUID
    kind: str
    paid_minor: int
    paid_currency: str
    amount_minor: int
    currency: str
    rate: Decimal
    source: str
    units: int
    unit_amount: Decimal
    stock_minor: int
    sold_minor: int
    lost_minor: int
    reverses: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Worth:
    """Our units of one level at a moment, what one unit cost with everything laid on it, and their value."""

    level_id: UUID
    units: int
    unit_cost: Decimal
    currency: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Total:
    """Our goods in one warehouse, in one currency, at a moment."""

    warehouse_id: UUID
    currency: str
    units: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class SoFar:
    """Totals of a day that was not over when they were summed up."""

    at: datetime
    totals: list[Total]


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """What all our goods of one currency were worth when a month began."""

    month: date
    currency: str
    units: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that a nightly audit found: `rule`, where, what was expected and what was found, as text."""

    rule: str
    sku_id: str
    where: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Audit:
    at: datetime
    levels: int
    wrong: int
    found: tuple[Wrong, ...]
