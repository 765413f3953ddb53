"""Goods into Canada by courier or post: thresholds by the way in and the place of shipment, taxes by province. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from entrepot.kit.refusals import Invalid
from entrepot.tariff import duties, steps
from entrepot.tariff.arithmetic import customs_values, given_rate, rounded
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.duties import Levies
from entrepot.tariff.regime import Answer, Regime, Taxed, close, exchange, needed, unconfirmed
from entrepot.tariff.regimes.ca import explain
from entrepot.tariff.regimes.ca.measures import MEASURES, Threshold
from entrepot.tariff.types import LineRequest, Quote, QuoteRequest, Reason, Value

CODE, CURRENCY = "CA", "CAD"
POST_FEE = "fee.canada_post"


class RegionNeeded(Invalid):
    """Tax is due, and it depends on the province or territory the parcel goes to."""

    code = "region_needed"
    zh = "应税，须在 buyer.region 中给出收件省份（{known}），收到的是：{region}"
    en = "Tax is due: buyer.region must name the province or territory ({known}), not {region}"


@dataclass(slots=True)
class _Line:
    """One line on its way. `taxes` None: the parcel is inside the threshold and owes none."""

    line: LineRequest
    value: Value
    index: int
    levies: Levies = ()
    taxes: Sequence[tuple[str, Fraction]] | None = None
    tax_source: str = ""
    missing: Reason | None = None
    rows: list[Rate | None] = field(default_factory=list)
    told: list[Reason] = field(default_factory=list)


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the parcel owes. Raises RegionNeeded, NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    rate, told = exchange(request, books, CURRENCY)
    values = [duties.free_on_board(value) for value in customs_values(request, CURRENCY, rate)]
    total = sum(value.customs for value in values)
    limit = _threshold(request, books)
    lines = [
        _decided(_Line(line, value, i), request, books, (total, limit))
        for i, (line, value) in enumerate(zip(request.lines, values, strict=True))
    ]
    worked = [(one.value, _taxed(one)) for one in lines]
    answer = Answer(CODE, "clear", "carrier", explain.DEMANDS, reasons=[_decision(total, limit), *told])
    answer.warnings = unconfirmed((limit,), "-")
    for one in lines:
        answer.warnings += unconfirmed(one.rows, one.line.id)
    missing = [one.missing for one in lines if one.missing is not None]
    if missing:
        answer.decision = "rates_not_verified"
        answer.warnings += missing
    if any(one.tax_source not in {"", "request"} for one in lines):
        answer.reasons.append(explain.ZERO_RATED)
    if request.channel == "postal" and not missing and any(made.duty + made.vat for _, made in worked):
        _post_fee(answer, request, books)
    return close(answer, request, books, CURRENCY, worked)


def _threshold(request: QuoteRequest, books: Books) -> Rate:
    """The row for couriers out of certain countries where it holds, else that of all other parcels. Raises NoBook."""
    if request.channel == "express":
        row = books.find("ca_threshold.courier", request.date)
        if row is not None and request.buyer.origin_region in row.formula.sent_from:
            return row
    return needed(books, "ca_threshold.other", request.date, "CA threshold")


def _decision(total: int, row: Rate) -> Reason:
    limit: Threshold = row.formula
    if total <= limit.untaxed:
        return explain.inside(total, row)
    return explain.duty_free(total, row) if total <= limit.duty_free else explain.above(total, row)


def _decided(one: _Line, request: QuoteRequest, books: Books, parcel: tuple[int, Rate]) -> _Line:
    line, day = one.line, request.date
    total, row = parcel
    limit: Threshold = row.formula
    duties.check(line, one.index)
    one.told.append(duties.fob_value(one.value, CURRENCY, explain.VALUE))
    excise = next(iter(books.every("not_verified", day, line.hs_code, line.origin)), None)
    if excise is not None:
        one.rows.append(excise)
        one.missing = steps.not_verified(line.id, excise.formula.zh, excise.formula.en, excise.source)
        return one
    kept = books.find("ca_not_remitted", day, line.hs_code)
    if kept is not None:
        one.told.append(explain.not_remitted(kept))
        one.rows.append(kept)
    elif total <= limit.untaxed:
        return one
    _add_taxes(one, request, books)
    if kept is not None or total > limit.duty_free:
        _add_duty(one, books, day)
    return one


def _add_duty(one: _Line, books: Books, day: date) -> None:
    asked = duties.asked(one.line, one.index)
    if asked is not None:
        one.levies = asked
        one.told.append(steps.given("关税", "duty", asked[0][1].rate))
        return
    found = duties.found(one.line, books, day)
    if found is None:
        one.missing = explain.no_duty_row(one.line)
        return
    one.levies = found
    one.rows += [row for row, _ in found]


def _add_taxes(one: _Line, request: QuoteRequest, books: Books) -> None:
    """The asker's rate for all sales taxes, else the province's. Raises RegionNeeded."""
    if one.line.rates.vat is not None:
        rate = given_rate(one.line, "vat", one.index)
        one.taxes, one.tax_source = (("given", rate),), "request"
        one.told.append(steps.given("销售税", "sales tax", rate))
        return
    region = request.buyer.region
    row = books.find(f"ca_tax.{region}", request.date, one.line.hs_code) if region else None
    if row is None:
        known = ", ".join(name.partition(".")[2] for name in books.family("ca_tax"))
        raise RegionNeeded(field="buyer.region", region=region or "-", known=known)
    one.taxes, one.tax_source = row.formula, row.source
    one.rows.append(row)


def _taxed(one: _Line) -> Taxed:
    """Duty half-up, then each tax half-up on value + duty. Raises MissingMeasure."""
    if one.missing is not None:
        return Taxed(reasons=one.told)
    base = one.value.customs
    due, told = duties.charged(one.line, base, one.levies, one.index, CURRENCY)
    made = Taxed(duty=rounded(due), rates={"duty": duties.share_of(due, base)}, reasons=[*one.told, *told])
    made.rates["vat"] = steps.number(sum((rate for _, rate in one.taxes or ()), Fraction(0)), 6)
    for name, rate in one.taxes or ():
        result = rounded((base + made.duty) * rate)
        made.vat += result
        made.reasons.append(explain.tax(name, base + made.duty, rate, result, one.tax_source))
        if name != "given":
            made.rates[name] = steps.number(rate, 6)
    return made


def _post_fee(answer: Answer, request: QuoteRequest, books: Books) -> None:
    row = needed(books, POST_FEE, request.date, "CA Canada Post fee")
    answer.parcel_fees = row.formula.fixed
    names = ("加拿大邮政代收手续费", "Canada Post's handling fee")
    answer.reasons.append(steps.summed("canada_post_fee", names, "1", answer.parcel_fees, CURRENCY, row.source))
    answer.warnings += unconfirmed((row,), "-")


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"CA"}),
    channels=("direct", "express", "postal"),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: CURRENCY,
    quote=quote,
    measures=MEASURES,
)
