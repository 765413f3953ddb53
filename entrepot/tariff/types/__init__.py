"""Question and answer of the landed cost. The JSON of `POST /api/v1/landed-cost/quotes` has these fields and names.

Amounts and rates are Decimal; over the wire they are decimal strings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from entrepot.kit.money import decimal

ZERO = Decimal(0)

# Decisions under which goods come in this way, in one parcel or in the parcels of `parts`.
OPEN = ("clear", "full_tax_single_item", "split")
# Decisions that go without a sum: a rate is not known, or the goods do not come in this way.
NOT_COMPUTED = ("rates_not_verified", "return_or_declare")


@dataclass(frozen=True, slots=True)
class Rates:
    """A what-if: each rate that is not None replaces the book's."""

    duty: Decimal | None = None
    excise: Decimal | None = None
    vat: Decimal | None = None


NO_RATES = Rates()


class LineRequest(msgspec.Struct, frozen=True):
    id: str
    hs_code: str
    origin: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount: Decimal = ZERO
    measures: Mapping[str, Decimal] = {}  # of the WHOLE line: {"g": 20, "ml": …}; a struct makes a new one each time
    table_value: Decimal | None = None  # 完税价格表 value of the whole line, for postal articles into China
    rates: Rates = NO_RATES
    proof_of_origin: bool = False  # a preference is asked for and can be proven


class Buyer(msgspec.Struct, frozen=True):
    """`origin_region`: where the parcel is sent from ("HK", "US"); `region`: province or state it goes to ("ON")."""

    used_this_year: Decimal = ZERO
    origin_region: str | None = None
    region: str | None = None


NO_BUYER = Buyer()


class QuoteRequest(msgspec.Struct, frozen=True):
    destination: str
    date: date
    currency: str
    lines: tuple[LineRequest, ...]
    channel: str | None = None  # bonded | direct | postal | general | express
    freight: Decimal = ZERO
    insurance: Decimal = ZERO
    incoterm: str | None = None
    registered_seller: bool = True
    buyer: Buyer = NO_BUYER
    exchange_rate: Decimal | None = None  # units of the destination's currency for one of `currency`
    transport: str | None = None  # air | sea | road | rail | post


class Reason:
    """One step a person can follow: a sentence in both languages, the figures, and the source of the rule.

    The sentences are written when somebody reads them: a quote that is only added up does not pay for them.
    `code` is a name programs may rely on, e.g. "inside_limits", "not_confirmed".
    """

    __slots__ = ("_args", "_told", "_write", "code", "source")

    def __init__(
        self, code: str, source: str, write: Callable[..., tuple[str, str, Mapping[str, str]]], *args: Any
    ) -> None:
        self.code, self.source, self._write, self._args = code, source, write, args
        self._told: tuple[str, str, Mapping[str, str]] | None = None

    def _tell(self) -> tuple[str, str, Mapping[str, str]]:
        if self._told is None:
            self._told = self._write(*self._args)
        return self._told

    @property
    def zh(self) -> str:
        return self._tell()[0]

    @property
    def en(self) -> str:
        return self._tell()[1]

    @property
    def figures(self) -> Mapping[str, str]:
        return self._tell()[2]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reason) and (self.code, self.source, *self._tell()) == (
            other.code,
            other.source,
            *other._tell(),
        )

    def __hash__(self) -> int:
        return hash((self.code, self.source, self.en))

    def __repr__(self) -> str:
        return f"Reason({self.code}: {self.en})"


# The rates applied to a line ({"duty": "0", "excise": "0.15", "vat": "0.13", "relief": "0.7"}), and its steps.
Account = tuple[Mapping[str, str], Sequence[Reason]]


# What a quote makes for each line are structs: they are made in a fraction of a dataclass's time, and those of which
# none can come to hold itself (`gc=False`) the garbage collector never looks at.
class Value(msgspec.Struct, gc=False):
    """A line's customs value and its parts, in minor units of the destination's currency."""

    goods: int
    discount: int
    freight: int
    insurance: int

    @property
    def customs(self) -> int:
        """With freight and insurance to the border (CIF)."""
        return self.goods - self.discount + self.freight + self.insurance

    @property
    def intrinsic(self) -> int:
        """The goods alone."""
        return self.goods - self.discount


class Amounts(msgspec.Struct, frozen=True, gc=False):
    """Kept in minor units of a currency with so many `places`, read as decimals."""

    places: int
    customs_minor: int
    duty_minor: int
    excise_minor: int
    vat_minor: int
    fees_minor: int

    @property
    def customs_value(self) -> Decimal:
        return decimal(self.customs_minor, self.places)

    @property
    def duty(self) -> Decimal:
        return decimal(self.duty_minor, self.places)

    @property
    def excise(self) -> Decimal:
        return decimal(self.excise_minor, self.places)

    @property
    def vat(self) -> Decimal:
        return decimal(self.vat_minor, self.places)

    @property
    def fees(self) -> Decimal:
        return decimal(self.fees_minor, self.places)

    @property
    def total_tax(self) -> Decimal:
        return decimal(self.duty_minor + self.excise_minor + self.vat_minor + self.fees_minor, self.places)


class LineQuote(Amounts, frozen=True, gc=False):
    """`rates` and `explanation` are worked out once, when somebody reads them."""

    id: str
    account: Account | Callable[[], Account]

    def _told(self) -> Account:
        account = self.account
        if callable(account):
            account = account()
            msgspec.structs.force_setattr(self, "account", account)
        return account

    @property
    def rates(self) -> Mapping[str, str]:
        return self._told()[0]

    @property
    def explanation(self) -> Sequence[Reason]:
        return self._told()[1]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LineQuote):
            return NotImplemented
        self._told(), other._told()
        return super().__eq__(other)


@dataclass(frozen=True, slots=True)
class Part:
    """One order of a split: how many units of which lines, and their customs value in the quote that was split."""

    units: Mapping[str, Decimal]  # line id: quantity
    customs_value: Decimal
    fits: bool  # inside the single limit; False for one unit that is above it by itself


@dataclass(frozen=True, slots=True)
class Option:
    """One way in, as it was compared. `total_tax` is None where nothing could be computed, and `why` says so."""

    channel: str
    regime: str
    decision: str
    total_tax: Decimal | None
    open: bool
    demands: tuple[Reason, ...]
    why: Reason | None = None


class Quote(Amounts, frozen=True):
    """`decision`: clear | split | full_tax_single_item | general_trade | not_admitted | return_or_declare |
    | rates_not_verified. `books` names the book versions that were asked, so that the quote can be
    checked for ever. `currency` is the destination's. `fees` are those of the parcel and of all lines."""

    regime: str
    decision: str
    currency: str
    collector: str
    lines: tuple[LineQuote, ...]
    books: tuple[str, ...]
    explanation: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    parts: tuple[Part, ...] = ()  # where the decision is `split`: orders that clear one by one
    parts_proven: bool = False  # no fewer orders would do
    channel: str | None = None
    demands: tuple[Reason, ...] = ()  # what this way in asks of buyer and seller
    options: tuple[Option, ...] = ()  # where the engine chose: all ways in, cheapest open one first


@dataclass(frozen=True, slots=True)
class Served:
    """A destination: the currency its taxes are owed in, and the ways in that are computed."""

    currency: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """Units of `into` for one of `currency` on a day, with who says so."""

    currency: str
    into: str
    rate: Decimal
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class BookVersion:
    """One version of a rate book: never changed after it was written. `code` is what a quote's `books` holds."""

    name: str
    number: int
    as_of: date  # the day up to which its makers knew the law

    @property
    def code(self) -> str:
        return f"{self.name}/{self.number}"


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row of a rate book's CSV cannot be taken. `row` counts from 1 = the header, as an editor shows it."""

    row: int
    column: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class BookShown:
    """A book as the back office lists it: its newest version, who brought it when, and how many rows speak."""

    version: BookVersion
    id: UUID
    actor: str
    imported_at: datetime
    destinations: tuple[str, ...]
    rows: int
    unconfirmed: int  # rows whose source is not at hand


@dataclass(frozen=True, slots=True)
class BookDraft:
    """A file that waits for a decision. `after` is the newest version when it was laid down, 0 for none."""

    id: UUID
    name: str
    as_of: date
    after: int


@dataclass(frozen=True, slots=True)
class BookImport:
    """What an import did or, dry, would do, against the version before. `version` is None for a dry run."""

    version: BookVersion | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    faults: tuple[RowFault, ...]
