"""Question and answer of the landed cost. The JSON of `POST /api/v1/landed-cost/quotes` has these fields and names.

Amounts and rates are Decimal; over the wire they are decimal strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rates:
    """A what-if: each rate that is not None replaces the book's."""

    duty: Decimal | None = None
    excise: Decimal | None = None
    vat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LineRequest:
    id: str
    hs_code: str
    origin: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount: Decimal = ZERO
    measures: Mapping[str, Decimal] = field(default_factory=dict)  # of the WHOLE line: {"g": 20, "ml": …, "piece": …}
    table_value: Decimal | None = None
    rates: Rates = Rates()


@dataclass(frozen=True, slots=True)
class Buyer:
    used_this_year: Decimal = ZERO
    origin_region: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    destination: str
    date: date
    currency: str
    lines: tuple[LineRequest, ...]
    channel: str | None = None  # bonded | direct | postal | general | express
    freight: Decimal = ZERO
    insurance: Decimal = ZERO
    incoterm: str | None = None
    registered_seller: bool = True
    buyer: Buyer = Buyer()


@dataclass(frozen=True, slots=True)
class Reason:
    """One step a person can follow: a sentence in both languages, the figures, and the source of the rule."""

    zh: str
    en: str
    source: str
    figures: Mapping[str, str] = field(default_factory=dict)
    code: str = ""  # a name programs may rely on, e.g. "inside_limits", "not_confirmed"


@dataclass(frozen=True, slots=True)
class LineQuote:
    id: str
    customs_value: Decimal
    duty: Decimal
    excise: Decimal
    vat: Decimal
    rates: Mapping[str, str]  # what was applied: {"duty": "0", "excise": "0.15", "vat": "0.13", "relief": "0.7"}
    explanation: tuple[Reason, ...]

    @property
    def tax(self) -> Decimal:
        return self.duty + self.excise + self.vat


@dataclass(frozen=True, slots=True)
class Part:
    """One order of a split: how many units of which lines, and their customs value in the quote that was split."""

    units: Mapping[str, Decimal]  # line id: quantity
    customs_value: Decimal
    fits: bool  # inside the single limit; False for one unit that is above it by itself


@dataclass(frozen=True, slots=True)
class Quote:
    """`decision`: clear | split | full_tax_single_item | general_trade | not_admitted | return_or_declare |
    rates_not_verified. `books` names the book versions used, so that the quote can be checked for ever."""

    regime: str
    decision: str
    currency: str
    customs_value: Decimal
    duty: Decimal
    excise: Decimal
    vat: Decimal
    fees: Decimal
    collector: str
    lines: tuple[LineQuote, ...]
    books: tuple[str, ...]
    explanation: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    parts: tuple[Part, ...] = ()  # where the decision is `split`: orders that clear one by one

    @property
    def total_tax(self) -> Decimal:
        return self.duty + self.excise + self.vat + self.fees


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
class BookImport:
    """What an import did or, dry, would do, against the version before. `version` is None for a dry run."""

    version: BookVersion | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    faults: tuple[RowFault, ...]
