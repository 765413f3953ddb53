"""Replenishment as others see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from entrepot.kit.money import to_minor

OWN = "orders"  # the source of what we sold ourselves
KIND_CHARS_MAX = 30


class FileKind(StrEnum):
    SALES = "sales"
    SHIPMENTS = "shipments"


class Dirt(StrEnum):
    """What one line of a sales history is, besides a plain sale. The first that fits names it."""

    UNREADABLE = "unreadable"  # a number or a day that is none, a field that is missing
    DUPLICATE = "duplicate"  # the same as an earlier line in every field
    NOT_GOODS = "not_goods"  # postage, fees, vouchers, manual corrections
    CANCELLATION = "cancellation"  # takes units of an earlier line back
    CANCELLATION_ALONE = "cancellation_alone"  # its invoice line is not in the file: counts as a return of its day
    NEGATIVE = "negative"  # a correction of the stock, no sale
    PRICE = "price"  # nothing was paid
    NO_CUSTOMER = "no_customer"  # a sale all the same

    @property
    def left_out(self) -> bool:
        return self in (Dirt.UNREADABLE, Dirt.DUPLICATE, Dirt.NOT_GOODS, Dirt.NEGATIVE, Dirt.PRICE)


class FreightKind(StrEnum):
    """What a line says of its freight."""

    STATED = "stated"
    SHARED = "shared"  # see another line
    INCLUDED = "included"  # in the price of the goods
    SEPARATE = "separate"  # on an invoice of its own
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a shared sum was shared by."""

    ALONE = "alone"  # not shared
    WEIGHT = "weight"  # known weight of a unit of each article
    VALUE = "value"  # the weight of an article is not known: by the worth of the goods


class ProposalState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    DISMISSED = "dismissed"
    REPLACED = "replaced"  # by a newer one, before anybody decided


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file. `known` when the same file was there already: nothing was written then."""

    id: UUID
    kind: FileKind
    source: str
    name: str
    lines: int
    report: Mapping[str, Any]
    actor: str
    at: datetime
    known: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What is said about a file of sales: its system, the place that served its customers, and codes of no goods."""

    source: str
    place: str
    not_goods: frozenset[str]
    name: str
    actor: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """A consignment of another system. `suppliers`: how many there are, `supplier` the first; `unresolved`: lines whose
    freight nobody can tell, for these reasons."""

    source: str
    consignment: str
    supplier: str
    suppliers: int
    place: str
    mode: str
    terms: str
    delivered_on: date
    currency: str
    lines: int
    value_minor: int
    freight_minor: int
    unresolved: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """One line: what it says of its freight word for word, whose freight it shares in, what it bears, or why not."""

    source: str
    consignment: str
    reference: str
    supplier: str
    place: str
    article: str
    delivered_on: date
    quantity: int
    currency: str
    value_minor: int
    weight_g: int | None
    freight_told: str
    group: str
    freight_minor: int | None
    basis: str
    unresolved: str
    insurance_minor: int | None
    terms: str
    mode: str
    order_number: str
    brand: str
    maker: str
    ordered_on: date | None
    planned_on: date | None
    became_id: UUID | None  # the consignment of ours that it is a line of
    left_out: str  # why it is a line of none


@dataclass(frozen=True, slots=True)
class Terms:
    """The contract that a source is from: its currency, and the least units of a whole order."""

    contract_id: UUID
    currency: str
    units_min: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where an article can be ordered for a place, and in which amounts: from a contract of procurement, or told.

    `minimum` and `pack` in units; volume and weight of one unit as packed for transport.
    """

    supplier: str
    place: str
    article: str
    minimum: int
    pack: int
    volume_cm3: int
    weight_g: int
    on_order: int = 0  # units ordered and not here yet
    terms: Terms | None = None
    unit_price: Decimal | None = None

    def __post_init__(self) -> None:
        if self.pack < 1 or self.minimum < 0 or self.volume_cm3 < 0 or self.weight_g < 0 or self.on_order < 0:
            raise ValueError("a pack holds at least one unit, nothing else is negative")


@dataclass(frozen=True, slots=True)
class Container:
    """What one holds: goods rarely fill more than 85 % of the room, so the room here is the room that is used."""

    code: str
    volume_cm3: int
    weight_g: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How stock is planned. `service` is the share of order cycles that should end without a shortage."""

    service: Decimal = Decimal("0.95")
    method: str = "ses"
    review_days: int = 7
    lead_days: int = 28  # where no delivery of the supplier is known
    lead_spread_days: int = 7
    container: Container | None = None
    top_up: bool = True  # fill the last container with what will be needed next

    def __post_init__(self) -> None:
        if not Decimal("0.5") <= self.service < 1:
            raise ValueError("a service level is a share from 0.5 to below 1")
        if self.review_days < 1 or self.lead_days < 1 or self.lead_spread_days < 0:
            raise ValueError("times are whole days")


@dataclass(frozen=True, slots=True)
class Lead:
    """How long a supplier takes to a place: mean and deviation in days, from so many deliveries (0: as stated)."""

    days: Decimal
    spread_days: Decimal
    deliveries: int


@dataclass(frozen=True, slots=True)
class ProposedLine:
    article: str
    units: int
    pack: int
    needed: int
    forecast: Decimal
    safety: int
    stock: int
    volume_cm3: int
    weight_g: int
    reasons: tuple[str, ...]
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Containers of one kind for one order, how full the last one is by volume and weight, in percent."""

    code: str
    number: int
    volume_percent: int
    weight_percent: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What the lines of a proposal come to. `goods_minor`: before discounts; None where a price is not known."""

    articles: int
    units: int
    goods_minor: int | None
    room_known: bool


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as a list shows it."""

    id: UUID
    supplier: str
    place: str
    state: ProposalState
    lead: Lead
    load: Load | None
    at: datetime
    contract_id: UUID | None
    currency: str
    units_min: int
    order_id: UUID | None
    sums: Sums

    @property
    def orderable(self) -> bool:
        return orderable(self)


@dataclass(frozen=True, slots=True)
class Proposal:
    id: UUID
    supplier: str
    place: str
    state: ProposalState
    plan: Mapping[str, Any]
    lead: Lead
    load: Load | None
    at: datetime
    decided_by: str
    decided_at: datetime | None
    contract_id: UUID | None = None
    currency: str = ""
    units_min: int = 0  # of a whole order under the contract
    order_id: UUID | None = None  # the purchase order that was written from it
    lines: tuple[ProposedLine, ...] = ()

    @property
    def sums(self) -> Sums:
        prices = [(one.units, one.unit_price) for one in self.lines]
        priced = bool(self.currency) and all(price is not None for _units, price in prices)
        goods = sum(to_minor(units * price, self.currency) for units, price in prices if priced and price is not None)
        room = all(one.volume_cm3 for one in self.lines)
        return Sums(len(prices), sum(one.units for one in self.lines), goods if priced else None, room)

    @property
    def orderable(self) -> bool:
        return orderable(self)


def orderable(one: Proposal | ProposalRow) -> bool:
    """A purchase order can be written from it."""
    open_now = one.state in (ProposalState.PROPOSED, ProposalState.APPROVED)
    return open_now and one.contract_id is not None and one.order_id is None


@dataclass(frozen=True, slots=True)
class Score:
    """How one method did on real sales. Shares are of units; `held` is the mean stock in units."""

    method: str
    wape: Decimal  # sum of absolute errors / sum of demand, over the time an order has to cover
    bias: Decimal  # sum of (forecast - demand) / sum of demand
    factor: Decimal  # of safety stock, from the errors of earlier origins
    normal: tuple[Decimal, Decimal, Decimal]  # cycles without a shortage, units served, stock held; normal factor
    learnt: tuple[Decimal, Decimal, Decimal]  # the same with the factor from the errors
    seconds: Decimal


@dataclass(frozen=True, slots=True)
class Weeks:
    """What an article sold by week, oldest first."""

    article: str
    place: str
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One back-test. `weeks` of demand were there, `origins` were forecast from, each `horizon` weeks ahead."""

    id: UUID
    name: str
    articles: int
    weeks: int
    origins: int
    horizon: int
    service: Decimal
    first: date
    scores: tuple[Score, ...]
    best: str
    by_week: Mapping[str, tuple[tuple[int, int], ...]]  # method -> (demand, forecast) by origin
    at: datetime
