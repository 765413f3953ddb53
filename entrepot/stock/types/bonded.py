"""Account books, and how goods come into them and leave them, as other contexts see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class EntryKind(StrEnum):
    """What changes an account book."""

    INBOUND = "inbound"  # declared at the first line
    WRITE_OFF = "write_off"  # a released list
    ADD_BACK = "add_back"  # a return that customs accepted
    DISPOSE = "dispose"
    CORRECT = "correct"  # by a clerk, with a reason


@dataclass(frozen=True, slots=True)
class BookDraft:
    """An account book as a clerk describes it; `number` (emsNo) is its identity. `sampling_days`: how long customs
    may sample what arrives."""

    number: str
    operator_code: str
    operator_name: str
    customs_code: str
    valid_from: date
    valid_to: date | None = None
    sampling_days: int = 2


@dataclass(frozen=True, slots=True)
class AccountBook:
    id: UUID
    number: str
    operator_code: str
    operator_name: str
    customs_code: str
    valid_from: date
    valid_to: date | None  # the last day
    sampling_days: int
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An article's record in an account book: number, and what customs has under it."""

    sku_id: UUID
    item_record: str
    hs_code: str
    unit: str  # customs code of the unit that units are counted in
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class BookLine:
    """Units of one item record."""

    sku_id: UUID
    item_record: str
    units: int


@dataclass(frozen=True, slots=True)
class Booking:
    """Lines that one thing brings into a book, once by its `reference`. `cause` is what the movements of the same goods
    are booked under: the order, the return."""

    book: str
    reference: str
    cause: str
    lines: tuple[BookLine, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class BookState:
    """One item record: its book, beside what stands in stock. Units.

    `balance` = inbound − written off + added back − disposed + corrected. What is still in motion explains a
    difference; what is left of it is `wrong`.
    """

    sku_id: UUID
    book: str
    item_record: str
    hs_code: str
    unit: str
    origin: str
    name: str
    inbound: int
    written_off: int
    added_back: int
    disposed: int
    corrected: int
    balance: int
    in_stock: int  # bonded and quarantined, in the warehouses of the book
    coming: int  # declared, not yet put away
    waiting: int  # entries that the balance did not cover
    leaving: int  # written off, not shipped yet; below zero: shipped, not written off
    returning: int  # added back, not in the warehouse; below zero: the other way round
    miscounted: int  # more or fewer were put away than declared, and that is not settled
    wrong: int  # what nothing of this explains
    duty_paid: int = 0  # came back as domestic goods, so in no book and in no warehouse of one: explains nothing

    @property
    def moving(self) -> bool:
        return any((self.coming, self.waiting, self.leaving, self.returning, self.miscounted))


@dataclass(frozen=True, slots=True)
class BookEntry:
    id: UUID
    sku_id: UUID
    book: str
    item_record: str
    kind: EntryKind
    quantity: int
    reference: str
    cause: str
    note: str
    actor: str
    posted: bool  # False: not in the balance yet, which did not cover it
    at: datetime


@dataclass(frozen=True, slots=True)
class BookCheck:
    """What the nightly look at a book found: items, those in motion, those that are wrong."""

    book: str
    at: datetime
    items: int
    moving: int
    wrong: int


class InboundState(StrEnum):
    DRAFT = "draft"
    DECLARED = "declared"  # customs has a declaration; the book holds the goods
    ARRIVED = "arrived"  # in the warehouse, may be sampled
    PUT_AWAY = "put_away"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class InboundLine:
    """Goods of one lot that are declared into a book."""

    sku_id: UUID
    item_record: str
    lot: str
    quantity: int
    origin: str
    unit_cost: Decimal
    currency: str
    produced_on: date | None = None
    expires_on: date | None = None
    counted: int | None = None  # put away so far
    reason: str = ""  # why another number


@dataclass(frozen=True, slots=True)
class Inbound:
    id: UUID
    number: str
    book: str
    warehouse_id: UUID
    state: InboundState
    declaration_number: str
    declared_on: date | None
    arrived_on: date | None
    sampled_until: date | None  # customs may take samples to the end of this day
    put_away_at: datetime | None
    settled: str  # the paper by which customs settled what was miscounted
    created_at: datetime
    lines: tuple[InboundLine, ...]

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def counted(self) -> int:
        """Units put away so far."""
        return sum(line.counted or 0 for line in self.lines)

    @property
    def miscounted(self) -> bool:
        """Once nothing more is awaited."""
        return self.state is InboundState.PUT_AWAY and any(line.counted != line.quantity for line in self.lines)


class DisposalKind(StrEnum):
    DESTROY = "destroy"  # under supervision
    ABROAD = "abroad"  # sent back


class DisposalState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DisposalLine:
    """Units of one level that are to go. `book` and `item_record` say where they are written off."""

    sku_id: UUID
    level_id: UUID
    lot: str
    item_record: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Disposal:
    id: UUID
    number: str
    warehouse_id: UUID
    kind: DisposalKind
    state: DisposalState
    reason: str
    document: str  # customs' paper
    officer: str  # reference of who supervised, no name
    done_on: date | None
    created_at: datetime
    lines: tuple[DisposalLine, ...]

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)
