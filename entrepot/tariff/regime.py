"""What a regime is, and the steps that all of them share. A regime is a folder in `regimes/`; see its README.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import msgspec

from entrepot.kit.money import exponent
from entrepot.tariff import arithmetic, headings, steps
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.measures import Parser
from entrepot.tariff.types import Account, LineQuote, LineRequest, Quote, QuoteRequest, Reason, Value
from entrepot.tariff.types.refusals import NoBook, NoExchangeRate, UnknownHsCode

_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Regime:
    """One set of rules for one way in. `quote` is pure: the same request and books give the same answer.

    `measures` are the row kinds that only this regime reads, by name, with what reads their parameters. `currency` is
    the money taxes are owed in, by destination; rows for all destinations may stand under `union` ("EU").
    """

    code: str
    destinations: frozenset[str]
    channels: tuple[str, ...]
    as_of: date  # of the book in its folder
    currency: Callable[[str], str]
    quote: Callable[[QuoteRequest, Books], Quote]
    measures: Mapping[str, Parser] = field(default_factory=dict)
    union: str = ""


class Taxed(msgspec.Struct):
    """One line's result in minor units, before it becomes part of the answer: with its rates and reasons or, where
    they are better made when somebody reads them, with an `account` that makes both."""

    duty: int = 0
    excise: int = 0
    vat: int = 0
    fees: int = 0
    rates: dict[str, str] = {}  # a struct makes a new one each time
    reasons: list[Reason] = []
    account: Callable[[], Account] | None = None


class Answer(msgspec.Struct):
    """What a regime fills in; `close` makes the quote. Sums are made here, so parts always add up to the whole."""

    regime: str
    decision: str
    collector: str
    demands: tuple[Reason, ...] = ()  # what this way in asks of buyer and seller
    parcel_fees: int = 0
    reasons: list[Reason] = []
    warnings: list[Reason] = []


def close(
    answer: Answer,
    request: QuoteRequest,
    books: Books,
    currency: str,
    worked: Sequence[tuple[Value, Taxed]],
) -> Quote:
    """The quote. A day after the books were made, and an exchange rate that is not confirmed, are told in warnings."""
    places = exponent(currency)
    lines = []
    customs_value = duty = excise = vat = 0
    fees = answer.parcel_fees
    for line, (value, taxed) in zip(request.lines, worked, strict=True):
        account, customs = taxed.account or (taxed.rates, tuple(taxed.reasons)), value.customs
        lines.append(LineQuote(places, customs, taxed.duty, taxed.excise, taxed.vat, taxed.fees, line.id, account))
        customs_value += customs
        duty, excise, vat, fees = duty + taxed.duty, excise + taxed.excise, vat + taxed.vat, fees + taxed.fees
    if request.currency != currency and request.exchange_rate is None:
        answer.warnings += unconfirmed((books.find(f"fx.{request.currency}", request.date),), "*")
    if request.date > books.as_of:
        old = [(book.code, book.as_of) for book in books.books if request.date > book.as_of]
        answer.warnings.append(steps.after_book(request.date, old))
    return Quote(
        regime=answer.regime,
        decision=answer.decision,
        currency=currency,
        places=places,
        customs_minor=customs_value,
        duty_minor=duty,
        excise_minor=excise,
        vat_minor=vat,
        fees_minor=fees,
        collector=answer.collector,
        lines=tuple(lines),
        books=books.codes,
        explanation=tuple(answer.reasons),
        warnings=tuple(answer.warnings),
        channel=request.channel,
        demands=answer.demands,
    )


def needed(books: Books, measure: str, day: date, what: str, hs_code: str = "", origin: str = "") -> Rate:
    """The row the regime cannot do without. Raises NoBook."""
    row = books.find(measure, day, hs_code, origin)
    if row is None:
        raise NoBook(field="date", date=day.isoformat(), what=what)
    return row


def exchange(request: QuoteRequest, books: Books, currency: str) -> tuple[Fraction, list[Reason]]:
    """Units of `currency` for one of the request's currency, and the step that says so. Raises NoExchangeRate.

    The request's own rate goes first, then the books' `fx.<currency>` row of the day.
    """
    if request.currency == currency:
        return _ONE, []
    if request.exchange_rate is not None:
        if not arithmetic.is_positive(request.exchange_rate):
            raise arithmetic.out_of_range(request.exchange_rate, "-", "exchange_rate", "exchange_rate")
        rate = Fraction(request.exchange_rate)
        return rate, [steps.exchanged(request.currency, currency, rate, "request")]
    row = books.find(f"fx.{request.currency}", request.date)
    if row is None:
        raise NoExchangeRate(field="exchange_rate", asked=request.currency, wanted=currency)
    return row.formula, [steps.exchanged(request.currency, currency, row.formula, row.source)]


def check_code(line: LineRequest, index: int) -> None:
    """Raises UnknownHsCode, with the nearest headings, for what is no code of the Harmonized System."""
    if not headings.known(line.hs_code):
        near = ", ".join(headings.nearest(line.hs_code)) or "-"
        raise UnknownHsCode(field=f"lines[{index}].hs_code", line=line.id, hs_code=line.hs_code, nearest=near)


def unconfirmed(rows: Iterable[Rate | None], line: str) -> list[Reason]:
    """A warning for each row used whose source is not at hand."""
    return [steps.not_confirmed(row, line) for row in rows if row is not None and not row.confirmed]
