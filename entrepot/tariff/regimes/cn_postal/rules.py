"""China's personal postal articles 个人邮递物品 (行邮): one tax on the table's value or the price. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from entrepot.tariff import excise, steps
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import check_measures, customs_values, is_positive, minor, out_of_range, rounded
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.params import BadParams
from entrepot.tariff.regime import Answer, Regime, Taxed, check_code, close, exchange, needed, unconfirmed
from entrepot.tariff.regimes.cn_postal import explain, goods
from entrepot.tariff.types import LineRequest, Quote, QuoteRequest, Reason, Value

CODE = "CN_POSTAL"


@dataclass(frozen=True, slots=True)
class Limit:
    """What one parcel may hold, in fen, inclusive; some regions it is sent from have one of their own."""

    value: int
    regions: Mapping[str, int]

    def of(self, region: str | None) -> int:
        return self.regions.get(region or "", self.value)

    @property
    def least(self) -> int:
        return min((self.value, *self.regions.values()))


@dataclass(slots=True)
class _Line:
    """One line before the parcel is judged: what it is worth."""

    asked: LineRequest
    value: Value
    reasons: list[Reason]


def _limit(params: Mapping[str, Any]) -> Limit:
    read.only(params, {"value", "regions"})
    regions = params.get("regions", {})
    if not isinstance(regions, Mapping):
        raise BadParams("regions is an object: a limit by country or region")
    return Limit(read.minor(params, "value"), {region: read.minor(regions, region) for region in regions})


def _rates(params: Mapping[str, Any]) -> Mapping[str, Fraction]:
    read.only(params, set(goods.ITEMS))
    return {one: read.share(params, one) for one in params}


def _exemption(params: Mapping[str, Any]) -> int:
    read.only(params, {"tax"})
    return read.minor(params, "tax")


def quote(request: QuoteRequest, books: Books) -> Quote:
    """What the parcel owes. Raises NoBook, BadAmount, UnknownHsCode, MissingMeasure, NoExchangeRate."""
    limit = needed(books, "postal_limit", request.date, "CN postal articles")
    rates = needed(books, "postal_rate", request.date, "CN postal articles")
    rate, told = exchange(request, books, "CNY")
    prices = customs_values(request, "CNY", rate)
    warnings: list[Reason] = []
    lines = [
        _valued(line, price.intrinsic, (books, request.date), i, warnings)
        for i, (line, price) in enumerate(zip(request.lines, prices, strict=True))
    ]
    answer = _judged(request, sum(line.value.customs for line in lines), limit)
    answer.reasons += told
    answer.warnings += warnings
    found = _rates_of(lines, answer, (books, request.date), rates) if answer.decision == "clear" else None
    if found is None:
        worked = [Taxed(reasons=line.reasons) for line in lines]
    else:
        worked = _taxed(lines, found, answer, rates, books.find("postal_exemption", request.date))
    if answer.decision == "return_or_declare":
        answer.warnings += [explain.as_goods(line) for line in request.lines]
    return close(answer, request, books, "CNY", list(zip([line.value for line in lines], worked, strict=True)))


def _valued(line: LineRequest, price: int, at: tuple[Books, date], index: int, warnings: list[Reason]) -> _Line:
    """The line's own table value, else the book's, else its price without freight and insurance."""
    check_code(line, index)
    check_measures(line, index)
    if line.table_value is not None:
        name = f"lines[{index}].table_value"
        if not is_positive(line.table_value):
            raise out_of_range(line.table_value, line.id, "table_value", name)
        fen = minor(line.table_value, 2, line.id, "table_value", name)
        return _Line(line, Value(fen, 0, 0, 0), [explain.value_given(fen)])
    books, day = at
    row = books.find("postal_table", day, line.hs_code)
    units = None if row is None else goods.listed(line, row.formula, index)
    if row is None or units is None:
        warnings.append(explain.not_in_table(line, price))
        return _Line(line, Value(price, 0, 0, 0), [explain.price(price)])
    warnings += unconfirmed((row,), line.id)
    fen = rounded(units[0] * units[1] * 100)
    return _Line(line, Value(fen, 0, 0, 0), [explain.table_value(units, row.formula.per, fen, row.source)])


def _judged(request: QuoteRequest, total: int, row: Rate) -> Answer:
    """May the parcel come in as a personal article? The limit is inclusive; one single item may pass it."""
    limit: Limit = row.formula
    region = request.buyer.origin_region
    most = limit.of(region)
    single = len(request.lines) == 1 and request.lines[0].quantity <= 1
    if total <= most:
        decision, reason = "clear", explain.inside(total, most, row.source)
    elif single:
        decision, reason = "clear", explain.single_item(total, most, row.source)
    else:
        decision, reason = "return_or_declare", explain.over(total, most, row.source)
    answer = Answer(CODE, decision, "customs", explain.DEMANDS, reasons=[reason])
    answer.warnings += unconfirmed((row,), "*")
    if region is None and limit.least < total <= most:
        answer.warnings.append(explain.region_unknown(total, limit.least, most, row.source))
    return answer


def _rates_of(lines: list[_Line], answer: Answer, at: tuple[Books, date], rates: Rate) -> list[Fraction] | None:
    """Each line's rate. Where one line has none the parcel's tax is not known: None."""
    found: list[Fraction] = []
    for index, line in enumerate(lines):
        row = at[0].find("postal_item", at[1], line.asked.hs_code)
        item = None if row is None else _item(line, row, index, answer.warnings)
        if row is None or item is None or item not in rates.formula:
            answer.warnings.append(explain.no_item(line.asked))
            continue
        answer.warnings += unconfirmed((row, rates), line.asked.id)
        found.append(rates.formula[item])
        line.reasons.append(explain.item(item, row, rates, rates.formula[item]))
    if len(found) == len(lines):
        return found
    answer.decision = "rates_not_verified"
    return None


def _item(line: _Line, row: Rate, index: int, warnings: list[Reason]) -> str | None:
    law: goods.Item = row.formula
    if not law.thresholds:
        return law.reached
    found = excise.class_of(line.asked, line.value.customs, law.thresholds, index)
    warnings += found.warnings(line.asked)
    line.reasons.append(explain.unit_value(found, line.value.customs, law.name, row.source))
    return law.reached if found.reached else law.below


def _taxed(
    lines: list[_Line], found: list[Fraction], answer: Answer, rates: Rate, exemption: Rate | None
) -> list[Taxed]:
    """Each line's tax, half-up to the fen; all of it falls away where the parcel's sum is inside the exemption."""
    taxes = [rounded(rate * line.value.customs) for line, rate in zip(lines, found, strict=True)]
    whole = sum(taxes)
    spared = exemption is not None and whole <= exemption.formula
    if spared and exemption is not None:
        answer.reasons.append(explain.exempt(whole, exemption.formula, exemption.source))
        answer.warnings += unconfirmed((exemption,), "*")
    worked = []
    for line, tax, rate in zip(lines, taxes, found, strict=True):
        line.reasons.append(explain.tax(line.value.customs, rate, tax, rates.source))
        text = {"duty": steps.number(rate)}
        worked.append(Taxed(duty=0 if spared else tax, rates=text, reasons=line.reasons))
    return worked


REGIME = Regime(
    code=CODE,
    destinations=frozenset({"CN"}),
    channels=("postal",),
    as_of=date(2026, 11, 27),
    currency=lambda _destination: "CNY",
    quote=quote,
    measures={
        "postal_exemption": _exemption,
        "postal_item": goods.item,
        "postal_limit": _limit,
        "postal_rate": _rates,
        "postal_table": goods.table,
    },
)
