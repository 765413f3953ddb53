"""Margin before buying: one article's costs against what each market pays through each way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Offer:
    """What a supplier asks for units of one article, and what it costs to bring them, all in `currency` except the
    `fees_minor` in yuan (for all units). Freight and insurance are to the border, for all units."""

    sku_id: UUID
    units: int
    unit_price: Decimal
    currency: str
    freight: Decimal = Decimal(0)
    insurance: Decimal = Decimal(0)
    fees_minor: int = 0


@dataclass(frozen=True, slots=True)
class Market:
    """Where it would be sold at what price for one, in which currency."""

    name: str
    destination: str
    price_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one unit, in yuan with all its places: parts sum to the whole exactly."""

    goods: Decimal
    freight: Decimal
    insurance: Decimal
    fees: Decimal

    @property
    def total(self) -> Decimal:
        return self.goods + self.freight + self.insurance + self.fees


@dataclass(frozen=True, slots=True)
class Way:
    """One market through one way in, per unit in yuan. `tax`: duty, excise, VAT and fees at the border; `ours`: what of
    it we bear; `revenue`: what stays of the price without VAT. `why` says in both languages why there is no sum."""

    market: Market
    channel: str
    decision: str = ""
    tax: Decimal | None = None
    ours: Decimal | None = None
    revenue: Decimal | None = None
    margin: Decimal | None = None
    books: tuple[str, ...] = ()
    why: tuple[str, str] | None = None

    @property
    def share(self) -> Decimal | None:
        """The margin as a share of the revenue."""
        if self.margin is None or not self.revenue:
            return None
        return (self.margin / self.revenue).quantize(Decimal("0.001"))


@dataclass(frozen=True, slots=True)
class SheetLine:
    offer: Offer
    sku_code: str
    titles: dict[str, str]
    cost: Cost
    ways: tuple[Way, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Sheet:
    day: date
    rates: tuple[tuple[str, Decimal, str], ...]  # (currency, yuan for one, source)
    lines: tuple[SheetLine, ...]
