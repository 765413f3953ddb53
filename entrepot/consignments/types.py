"""What is on its way to us, as other contexts see it. Days are those of China."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from entrepot.procurement.types import Incoterm, PaperDraft

NUMBERED = "CN"  # how numbers of consignments begin


class ConsignmentState(StrEnum):
    """Terminal: closed, cancelled."""

    ANNOUNCED = "announced"
    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    CLOSED = "closed"  # received, nothing more of it is awaited
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self in {ConsignmentState.CLOSED, ConsignmentState.CANCELLED}


class Mode(StrEnum):
    SEA = "sea"
    AIR = "air"
    RAIL = "rail"
    ROAD = "road"
    POST = "post"
    OTHER = "other"  # or nobody said: UN/ECE recommendation 19, code 0


class Stage(StrEnum):
    """Which part of the way a leg is: to the port of shipment, the main carriage, from the port of arrival to us."""

    BEFORE = "before"
    MAIN = "main"
    AFTER = "after"


class PaperKind(StrEnum):
    INVOICE = "invoice"
    PACKING_LIST = "packing_list"
    BILL = "bill"  # of lading, or air waybill
    ORIGIN = "origin"
    HEALTH = "health"
    INSURANCE = "insurance"
    OTHER = "other"


class Happened(StrEnum):
    """What can be told of a consignment."""

    ANNOUNCED = "announced"
    ESTIMATED = "estimated"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    FILED = "filed"
    DECLARED = "declared"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Bearer(StrEnum):
    SELLER = "seller"
    US = "us"


def lot_code(lot: str, consignment: str) -> str:
    """How stock calls goods of a lot that came with a consignment: the same batch at another cost is another lot."""
    return f"{lot}/{consignment}"


def lot_parts(code: str) -> tuple[str, str]:
    """The lot as its package has it, and the consignment's number; "" for goods that came without one."""
    lot, mark, consignment = code.rpartition("/")
    return (lot, consignment) if mark and consignment.startswith(NUMBERED) else (code, "")


@dataclass(frozen=True, slots=True)
class Term:
    """An Incoterm 2020 as data: until where the seller bears risk and cost, who clears, which cover the seller buys."""

    incoterm: Incoterm
    sea_only: bool
    risk: str
    cost: str
    export_by: Bearer
    import_by: Bearer
    insurance: str


@dataclass(frozen=True, slots=True)
class LegDraft:
    """One leg as planned. `conveyance`: vessel and voyage, flight, train or lorry."""

    stage: Stage
    mode: Mode
    from_place: str
    to_place: str
    departs_on: date
    arrives_on: date
    carrier: str = ""
    conveyance: str = ""


@dataclass(frozen=True, slots=True)
class LineDraft:
    """Units of one lot that the supplier says he has sent for a line of an order."""

    order_line_id: UUID
    units: int
    lot: str
    produced_on: date | None = None
    expires_on: date | None = None
    origin: str = ""  # empty: the order line's


@dataclass(frozen=True, slots=True)
class ConsignmentDraft:
    """An advance shipping notice. `bill`: of lading, or the air waybill's number; `asn`: the supplier's own number."""

    supplier_id: UUID
    asn: str
    warehouse_id: UUID
    incoterm: Incoterm
    place: str
    lines: tuple[LineDraft, ...]
    legs: tuple[LegDraft, ...]
    bill: str = ""
    containers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg as planned, estimated and done."""

    number: int
    stage: Stage
    mode: Mode
    from_place: str
    to_place: str
    carrier: str
    conveyance: str
    departs_on: date
    arrives_on: date
    estimated_on: date | None
    departed_on: date | None
    arrived_on: date | None

    @property
    def ends_on(self) -> date:
        """The best that is known of its arrival."""
        return self.arrived_on or self.estimated_on or self.arrives_on


@dataclass(frozen=True, slots=True)
class Borne:
    """Who bears what on one leg."""

    leg: int
    risk: Bearer
    cost: Bearer


@dataclass(frozen=True, slots=True)
class Line:
    """`received`: units counted by receipts that are closed."""

    id: UUID
    number: int
    order_line_id: UUID
    sku_id: UUID
    units: int
    received: int
    lot: str
    produced_on: date | None
    expires_on: date | None
    origin: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A document of a consignment; its content is procurement's to show."""

    paper_id: UUID
    kind: PaperKind
    name: str
    filed_by: str
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    actor: str
    kind: Happened
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """A consignment in a list. `late_days`: how long it has been late, or will be by what is known now."""

    id: UUID
    number: str
    state: ConsignmentState
    supplier: str
    supplier_id: UUID
    warehouse_id: UUID
    asn: str
    bill: str
    mode: Mode
    units: int
    received: int
    planned_on: date
    expected_on: date
    late_days: int


@dataclass(frozen=True, slots=True)
class Consignment:
    """One consignment with all that belongs to it."""

    id: UUID
    number: str
    state: ConsignmentState
    supplier_id: UUID
    warehouse_id: UUID
    incoterm: Incoterm
    place: str
    asn: str
    bill: str
    containers: tuple[str, ...]
    planned_on: date
    expected_on: date
    arrived_on: date | None
    inbound_id: UUID | None
    lines: tuple[Line, ...]
    legs: tuple[Leg, ...]
    papers: tuple[Filed, ...] = ()
    events: tuple[Event, ...] = ()
    borne: tuple[Borne, ...] = field(default=())

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)


@dataclass(frozen=True, slots=True)
class PaperFiled:
    """A document to file, and what it is."""

    kind: PaperKind
    paper: PaperDraft
