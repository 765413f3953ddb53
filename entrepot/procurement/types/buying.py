"""Purchase orders: what is wished, the document of each version, and what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from entrepot.procurement.types.parties import Incoterm, PaymentTerms


class OrderState(StrEnum):
    """Terminal: closed, cancelled. An order in force stays where it is while an amendment waits to be approved."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    CONFIRMED = "confirmed"
    PARTLY_RECEIVED = "partly_received"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self in {OrderState.CLOSED, OrderState.CANCELLED}


class VersionState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    DROPPED = "dropped"


class EventKind(StrEnum):
    """What can happen to an order."""

    DRAFTED = "drafted"
    AMENDED = "amended"
    AMENDMENT_DROPPED = "amendment_dropped"
    APPROVED = "approved"
    SENT = "sent"
    CONFIRMED = "confirmed"
    RECEIVED = "received"
    INVOICED = "invoiced"
    PAID = "paid"
    REPAID = "repaid"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class LineDraft:
    sku_id: UUID
    units: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """What somebody wishes to buy under a contract. `destination`: the country the goods are bought for."""

    contract_id: UUID
    expected_on: date
    lines: tuple[LineDraft, ...]
    destination: str = "CN"
    note: str = ""


@dataclass(frozen=True, slots=True)
class DocLine:
    """`discount_minor` is the line's share of the volume discount; `amount_minor` is what is owed for it."""

    number: int
    sku_id: UUID
    sku_code: str
    name: str
    gtin: str
    brand_id: UUID
    origin: str
    units: int
    unit_price: Decimal
    discount_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Document:
    """A version as it was written: never changed. `rate` is yuan for one of `currency` on `day`, from `rate_source`;
    `value_minor` the total at that rate, half-up to the fen."""

    supplier_code: str
    supplier_name: str
    supplier_country: str
    contract_number: str
    currency: str
    incoterm: Incoterm
    place: str
    payment: PaymentTerms
    payment_days: int
    destination: str
    expected_on: date
    note: str
    lines: tuple[DocLine, ...]
    goods_minor: int
    discount: Decimal
    discount_minor: int
    total_minor: int
    day: date
    rate: Decimal
    rate_source: str
    value_minor: int
    over_receipt: Decimal
    rounding: str = "ROUND_HALF_UP"

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    state: VersionState
    document: Document
    author: str
    made_at: datetime
    approved_by: str
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a person: rights that end soon, orders to be approved, parts owed past their day."""

    ending: int
    drafts: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Row:
    """An order in a list."""

    id: UUID
    number: str
    state: OrderState
    supplier: str
    currency: str
    total_minor: int
    value_minor: int
    units: int
    received: int
    expected_on: date
    made_at: datetime
    amending: bool


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of an order in force. `most`: units that may come in all, the tolerance included."""

    id: UUID
    order_id: UUID
    order_number: str
    number: int
    supplier_id: UUID
    sku_id: UUID
    origin: str
    units: int
    received: int
    most: int
    currency: str
    unit_price: Decimal
    amount_minor: int
    rate: Decimal
    expected_on: date
    receivable: bool

    @property
    def awaited(self) -> int:
        return max(self.units - self.received, 0)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Units of an article that an order, written or in force, still is to bring."""

    order_id: UUID
    sku_id: UUID
    units: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one receipt brought of an order: when it was sent, when the goods came, and where to (empty: not told)."""

    supplier_code: str
    order_number: str
    reference: str
    place: str
    sent_on: date
    received_on: date


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    actor: str
    kind: EventKind
    note: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its versions, the newest first, the lines in force and what happened."""

    id: UUID
    number: str
    state: OrderState
    supplier_id: UUID
    contract_id: UUID
    version: int  # in force, 0 before the first approval
    versions: tuple[Version, ...]
    lines: tuple[OpenLine, ...]
    events: tuple[Event, ...]
    paid_minor: int

    @property
    def pending(self) -> Version | None:
        return next((one for one in self.versions if one.state is VersionState.DRAFT), None)

    @property
    def in_force(self) -> Version | None:
        return next((one for one in self.versions if one.number == self.version), None)

    @property
    def latest(self) -> Version:
        return self.versions[0]


@dataclass(frozen=True, slots=True)
class Received:
    """Units of a line that came, `spoiled` of them not fit to be sold."""

    line_id: UUID
    units: int
    spoiled: int = 0


@dataclass(frozen=True, slots=True)
class Right:
    """A link of the chain on which an order relied; `country` is the one who gave it."""

    authorisation_id: UUID
    country: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Bought:
    """How the goods of an order's line were bought: for their journey, so without names and prices."""

    line_id: UUID
    order_number: str
    version: int
    country: str  # the supplier's
    sent_at: datetime | None
    rights: tuple[Right, ...]
