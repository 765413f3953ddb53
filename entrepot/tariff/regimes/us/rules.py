"""Goods into the United States: no federal VAT, duty on the FOB value, de minimis while it stood. Pure.

A line is exempt (de minimis), owes a postal duty, or owes the tariff's duty and all programmes of the day. Of a line
for which one of them is not in the books nothing is computed, and the answer says which: no rate is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from entrepot.tariff import duties, steps
from entrepot.tariff.arithmetic import customs_values, rounded
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.duties import Levies
from entrepot.tariff.measures import fees_due
from entrepot.tariff.regime import Answer, Regime, Taxed, close, exchange, needed, unconfirmed
from entrepot.tariff.regimes.us import explain
from entrepot.tariff.regimes.us.measures import MEASURES, Postal, Programmes
from entrepot.tariff.types import LineRequest, Quote, QuoteRequest, Reason, Value

CODE, CURRENCY = "US", "USD"
COLLECTORS = {"direct": "carrier", "express": "carrier", "postal": "carrier", "general": "importer"}
FEES = (("fee.mpf", "商品处理费", "Merchandise processing fee"), ("fee.hmf", "港口维护费", "Harbor maintenance fee"))

TARIFF = ("duty", "preference")


@dataclass(slots=True)
class _Line:
    """One line on its way: what it owes, or why that is not known."""

    line: LineRequest
    value: Value
    index: int
    levies: Levies = ()
    by_post: bool = False  # under the rule for postal items: no entry is made
    missing: Reason | None = None
    rows: list[Rate | None] = field(default_factory=list)  # whose source the answer rests on
    told: list[Reason] = field(default_factory=list)


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the goods owe. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    rate, told = exchange(request, books, CURRENCY)
    values = [duties.free_on_board(value) for value in customs_values(request, CURRENCY, rate)]
    total = sum(value.customs for value in values)
    lines = [
        _decided(_Line(line, value, i), request, books, total)
        for i, (line, value) in enumerate(zip(request.lines, values, strict=True))
    ]
    channel = request.channel or "direct"
    by_post = channel == "postal"
    answer = Answer(CODE, "clear", COLLECTORS[channel], explain.DEMANDS + (explain.POST_DEMANDS if by_post else ()))
    answer.reasons = [*told, explain.NO_VAT]
    worked = [(one.value, _taxed(one)) for one in lines]
    for one in lines:
        answer.warnings += unconfirmed(one.rows, one.line.id)
    missing = [one.missing for one in lines if one.missing is not None]
    if missing:
        answer.decision = "rates_not_verified"
        answer.warnings += missing
    _say_what_was_not_checked(answer, lines, books, request.date)
    if not missing and any(one.levies and not one.by_post for one in lines):
        _entry(answer, request, books, total)
    return close(answer, request, books, CURRENCY, worked)


def _decided(one: _Line, request: QuoteRequest, books: Books, total: int) -> _Line:
    """What a line owes: nothing, the postal duty, or the whole tariff."""
    line, day = one.line, request.date
    duties.check(line, one.index)
    one.told.append(duties.fob_value(one.value, CURRENCY, explain.VALUE))
    excise = books.find("not_verified.excise", day, line.hs_code, line.origin)
    if excise is not None:
        one.missing, one.rows = explain.blocked(line, excise), [excise]
        return one
    limit = needed(books, "us_de_minimis", day, "US de minimis", "", line.origin)
    one.rows.append(limit)
    if limit.formula and total <= limit.formula:
        one.told.append(explain.exempt(total, limit))
        return one
    one.told.append(explain.dutiable(total, limit))
    asked = duties.asked(line, one.index)
    postal = books.find("us_postal", day, "", line.origin) if request.channel == "postal" else None
    one.by_post = postal is not None and total <= postal.formula.up_to
    if asked is not None:
        one.levies = asked
        one.told.append(steps.given("关税", "duty", asked[0][1].rate))
    elif postal is not None and one.by_post:
        _by_post(one, postal, books, day)
    else:
        _by_tariff(one, books, day)
    return one


def _by_post(one: _Line, row: Rate, books: Books, day: date) -> None:
    rule: Postal = row.formula
    one.rows.append(row)
    flat = books.find("us_postal_flat", day)
    if flat is not None:
        one.told.append(explain.flat(flat))
    if not rule.programme:
        one.missing = explain.not_from(one.line, row)
        return
    rows = books.every(rule.programme, day, one.line.hs_code, one.line.origin)
    if not rows:
        one.missing = explain.no_programme(one.line, rule.programme, row)
        return
    one.told.append(explain.postal(row))
    one.rows += rows
    one.levies = duties.of_rows(rows)


def _by_tariff(one: _Line, books: Books, day: date) -> None:
    line = one.line
    row = needed(books, "us_programmes", day, "US programmes", "", line.origin)
    rule: Programmes = row.formula
    one.rows.append(row)
    if not rule.verified:
        one.missing = explain.not_from(line, row)
        return
    at = (day, line.hs_code, line.origin)
    doubtful = books.every("not_verified", *at)
    if doubtful:
        one.missing = explain.blocked(line, doubtful[0])
        one.rows += doubtful
        return
    for name in rule.lists:
        if not books.family(name):
            one.missing = explain.no_programme(line, name, row)
            return
    for name in rule.rows:
        if not books.every(name, *at):
            one.missing = explain.no_programme(line, name, row)
            return
    levies = duties.found(line, books, day)
    if levies is None:
        one.missing = explain.no_duty_row(line)
        return
    one.levies = levies
    one.rows += [used for used, _ in levies]


def _taxed(one: _Line) -> Taxed:
    """All levies of a line are added up and rounded once, half-up to the cent. Raises MissingMeasure."""
    if one.missing is not None:
        return Taxed(reasons=one.told)
    base = one.value.customs
    due, told = duties.charged(one.line, base, one.levies, one.index, CURRENCY)
    result = rounded(due)
    if one.levies:
        told.append(explain.sum_of(due, result))
    return Taxed(duty=result, rates={"duty": duties.share_of(due, base)}, reasons=[*one.told, *told])


def _say_what_was_not_checked(answer: Answer, lines: Sequence[_Line], books: Books, day: date) -> None:
    """Exceptions and programmes of the day that no row decides; those of which the books have rows are left out."""
    told: set[str] = set()
    for one in lines:
        if not any(row is not None and row.measure in TARIFF for row, _ in one.levies):
            continue
        for row in books.every("us_unchecked", day, one.line.hs_code, one.line.origin):
            programme = row.measure.replace("us_unchecked.", "additional.", 1)
            if programme not in told and not books.family(programme):
                answer.reasons.append(explain.unchecked(row))
            told.add(programme)


def _entry(answer: Answer, request: QuoteRequest, books: Books, total: int) -> None:
    """Formal or informal entry, and what a formal one costs."""
    row = needed(books, "us_formal_entry", request.date, "US formal entry")
    if total <= row.formula:
        answer.reasons.append(explain.informal(total, row))
        return
    answer.reasons.append(explain.formal(total, row))
    for measure, zh, en in FEES:
        if measure == "fee.hmf" and request.transport != "sea":
            continue
        fee = books.find(measure, request.date)
        if fee is None:
            answer.warnings.append(explain.no_fee(row.source))
            continue
        due = fees_due(fee.formula, total, 1)
        answer.parcel_fees += due
        bounds = _bounds(fee)
        shown = f"{steps.money(total)} × {steps.percent(fee.formula.rate)}{bounds}"
        answer.reasons.append(steps.summed(measure.replace(".", "_"), (zh, en), shown, due, CURRENCY, fee.source))
        answer.warnings += unconfirmed((fee,), "-")


def _bounds(fee: Rate) -> str:
    least, most = fee.formula.least, fee.formula.most
    return "" if least is None or most is None else f" [{steps.money(least)} … {steps.money(most)}]"


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"US"}),
    channels=("direct", "express", "postal", "general"),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: CURRENCY,
    quote=quote,
    measures=MEASURES,
)
