"""Quote and placing, as the entry points see them. Amounts are minor units of `currency`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from entrepot.catalogue.types import Sku
from entrepot.orders.types import Allowance, Delivery, OrderLine, WishedLine
from entrepot.stock.types import Warehouse
from entrepot.tariff.types import LineQuote as TaxedLine
from entrepot.tariff.types import Quote, QuoteRequest, Reason


@dataclass(frozen=True, slots=True)
class Yearly:
    """A person's annual limit and what of it is used, in fen."""

    limit_minor: int
    allowance: Allowance

    @property
    def left_minor(self) -> int:
        return max(0, self.limit_minor - self.allowance.used_minor)


@dataclass(frozen=True, slots=True)
class Wish:
    """Units of one article, named by its id or else by its code."""

    sku_id: UUID | None
    quantity: int
    code: str = ""


class How(msgspec.Struct, frozen=True):
    """How a basket is to be quoted: with what is there of it, and by which shipping method."""

    partial: bool = False
    delivery: Delivery = Delivery.STANDARD


AS_USUAL = How()


class Obstacle(msgspec.Struct, frozen=True):
    """Why a line or parcel cannot be ordered as it stands: a refusal's code, field and sentence in both languages."""

    code: str
    zh: str
    en: str
    data: Mapping[str, Any]


class LineQuote(msgspec.Struct, frozen=True):
    sku: Sku
    quantity: int
    unit_price_minor: int
    goods_minor: int
    discount_minor: int
    freight_minor: int
    duty_minor: int
    excise_minor: int
    vat_minor: int
    answer: TaxedLine | None  # None where the tariff was not asked
    obstacles: tuple[Obstacle, ...]

    @property
    def tax_minor(self) -> int:
        return self.duty_minor + self.excise_minor + self.vat_minor

    @property
    def explanation(self) -> Sequence[Reason]:
        """How the tax came to be; written when it is read."""
        return self.answer.explanation if self.answer else ()


class ParcelQuote(msgspec.Struct, frozen=True):
    warehouse: Warehouse
    trade_mode: str
    decision: str
    lines: tuple[LineQuote, ...]
    goods_minor: int
    discount_minor: int
    freight_minor: int
    tax_minor: int
    question: QuoteRequest | None  # what the tariff was asked, and
    answer: Quote | None  # what it said; None where it could not compute
    obstacles: tuple[Obstacle, ...]
    delivery: Delivery = Delivery.STANDARD
    days_sooner: int = 0  # than the warehouse's usual

    @property
    def total_minor(self) -> int:
        return self.goods_minor - self.discount_minor + self.freight_minor + self.tax_minor

    @property
    def days(self) -> tuple[int, int]:
        """After customs has the papers, at least one."""
        usual = self.warehouse
        return max(1, usual.days_min - self.days_sooner), max(1, usual.days_max - self.days_sooner)


@dataclass(frozen=True, slots=True)
class ShippingWay:
    """A shipping method with what it costs for a whole basket, and how many days sooner all of it arrives."""

    delivery: Delivery
    freight_minor: int
    days_sooner: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """Of an article more units are wished than `there` are."""

    sku: Sku
    wished: int
    there: int


class Promised(msgspec.Struct, frozen=True):
    """What a promotion takes off an order."""

    promotion_id: UUID
    code: str
    titles: Mapping[str, str]
    amount_minor: int


class Ahead(msgspec.Struct, frozen=True):
    """With goods for `missing_minor` more a promotion takes `off_minor` off in all."""

    titles: Mapping[str, str]
    missing_minor: int
    off_minor: int


class UsedUp(msgspec.Struct, frozen=True):
    """A promotion that would take more off, but the person has had it as often as one may."""

    code: str
    titles: Mapping[str, str]


class BasketQuote(msgspec.Struct, frozen=True):
    """`unplaced` are lines that no warehouse can serve or that may not be sold, each with its obstacles. `shortages`:
    what a partial quote leaves out, all or in part. `promised`: the promotion that the discount comes from;
    `ahead`: the next one to be reached; `used_up`: those left out because of the person, by code."""

    currency: str
    parcels: tuple[ParcelQuote, ...]
    unplaced: tuple[LineQuote, ...]
    goods_minor: int
    discount_minor: int
    freight_minor: int
    tax_minor: int
    total_minor: int
    shortages: tuple[Shortage, ...] = ()
    promised: Promised | None = None
    ahead: Ahead | None = None
    used_up: tuple[UsedUp, ...] = ()

    @property
    def partly(self) -> bool:
        """Whether only missing stock stands in the way, and not of everything: so on request a part can be ordered."""
        short = [one for one in self.obstacles if one.code == "out_of_stock"]
        there = bool(self.parcels) or any(one.data["left"] for one in short)
        return there and bool(short) and len(short) == len(self.obstacles)

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """All of them: an order can be placed when there is none and there is at least one parcel."""
        of_lines = [o for p in self.parcels for line in p.lines for o in line.obstacles]
        of_parcels = [o for p in self.parcels for o in p.obstacles]
        return tuple(of_parcels + of_lines + [o for line in self.unplaced for o in line.obstacles])


@dataclass(frozen=True, slots=True)
class PlaceRequest:
    """What a buyer orders. Without `wishes` the basket is ordered, and emptied of what was ordered.

    `idempotency_key`: the same key with the same content gives the same answer for ever, with other content a refusal.
    `expected_total_minor`: what the buyer was shown; another total is refused.
    `passes`: what the doors of flash sales gave the buyer.
    `partial`: where stock is short, order what is there; for no more than `expected_total_minor`. `delivery`: the
    shipping method, of all its parcels.
    """

    buyer_id: UUID
    storefront_id: UUID
    wishes: tuple[Wish, ...] | None
    address_id: UUID
    real_name_id: UUID
    notice_accepted: bool
    provider: str
    idempotency_key: str
    expected_total_minor: int | None
    language: str
    passes: tuple[str, ...] = ()
    partial: bool = False
    delivery: Delivery = Delivery.STANDARD


@dataclass(frozen=True, slots=True)
class Placed:
    """`wished`: of a partial order, what was wished and what was placed of each article."""

    order_id: UUID
    number: str
    payment_id: UUID
    total_minor: int
    replayed: bool  # the same idempotency key had placed it before
    wished: tuple[WishedLine, ...] = ()


# Customs refuses a list: above the limit of one purchase, above that of the person and year.
SINGLE, ANNUAL = "-621005", "-621018"
LIMIT_CODES = (SINGLE, ANNUAL)


class Way(StrEnum):
    """What a buyer may choose and the house can carry out."""

    REFUND = "refund"  # the parcel is given up, its money goes back
    SPLIT = "split"  # the same, and its goods go into the basket again, in orders that each keep the limit
    WAIT = "wait"  # it stays, and is declared again in the next calendar year
    GENERAL = "general"  # an importer declares it as general trade; the difference of the taxes is paid or goes back


@dataclass(frozen=True, slots=True)
class OtherWay:
    """Another way in for the same goods, with what it would cost in all: goods, freight and its taxes."""

    channel: str
    tax_minor: int
    total_minor: int
    demands: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """The ways on. `parts`: units by SKU id of each order of a split, empty where it cannot be split; `wait_until` None
    where waiting does not help; `general` None where the house or the books have no way for it; `others` are told, not
    carried out by the house."""

    refund_minor: int
    parts: tuple[Mapping[str, int], ...] = ()
    wait_until: datetime | None = None
    general: OtherWay | None = None
    others: tuple[OtherWay, ...] = ()

    def allows(self, way: Way) -> bool:
        return {
            Way.REFUND: True,
            Way.SPLIT: bool(self.parts),
            Way.WAIT: self.wait_until is not None,
            Way.GENERAL: self.general is not None,
        }[way]


@dataclass(frozen=True, slots=True)
class Settled:
    """What general trade changed of what a parcel cost: `less_minor` of its price went back, `more_minor` was paid on
    top, by the payment `more_by`."""

    less_minor: int
    more_minor: int
    more_by: UUID | None


@dataclass(frozen=True, slots=True)
class LimitAsked:
    """A case as pages show it. `offer` None: nothing is left to choose; `may_choose`: of what it offers, what is still
    open after what was chosen. `parts`: lines and units of a split.

    Of general trade `difference_minor` is what the buyer pays on top (below zero: what goes back), until `wait_until`;
    `settled_at` is when that was done."""

    id: UUID
    parcel_id: UUID
    code: str
    opened_at: datetime
    answer_by: datetime
    choice: str
    chosen_at: datetime | None
    chosen_by: str
    wait_until: datetime | None
    outcome: str
    offer: Offer | None
    parts: tuple[tuple[tuple[OrderLine, int], ...], ...] = ()
    difference_minor: int | None = None
    settled_at: datetime | None = None
    may_choose: tuple[Way, ...] = ()

    @property
    def unanswered(self) -> bool:
        return not self.choice and not self.outcome

    @property
    def to_pay(self) -> bool:
        """General trade was chosen, and the buyer has not paid the difference."""
        return self.choice == Way.GENERAL and self.settled_at is None and not self.outcome

    @property
    def to_declare(self) -> bool:
        """General trade was chosen and settled: the goods wait for their declaration."""
        return self.choice == Way.GENERAL and self.settled_at is not None and not self.outcome
