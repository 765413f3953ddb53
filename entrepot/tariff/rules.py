"""The arithmetic of China's cross-border retail import (CBEC, channels 1210 and 9610) over a frozen rate book.

Amounts are integer minor units (fen), rates exact fractions; each tax of each line is rounded half-up to 0.01 by
itself, because the tax bill (CEB816) carries the two taxes per line. Formulas: docs/algorithms/quote.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from entrepot.kit.money import allocate
from entrepot.tariff import explain, headings
from entrepot.tariff.book import Book, Charge, Excise, Limit, Rate, Relief, Threshold
from entrepot.tariff.types import LineQuote, LineRequest, Part, Quote, QuoteRequest, Reason
from entrepot.tariff.types.refusals import BadAmount, MissingMeasure, NoBook, UnknownHsCode, UnsupportedRegime

CHANNELS = {"bonded": "cn_cbec_1210", "direct": "cn_cbec_9610", None: "cn_cbec"}
AMOUNT_MAX = Decimal(1_000_000_000)
LINES_MAX = 200
UNITS_SPLIT_MAX = 5_000  # above this a split is proposed by whole lines
_ONE = Fraction(1)
_TO_BASE = {"kg": ("g", 1_000), "t": ("g", 1_000_000), "l": ("ml", 1_000)}


@dataclass(frozen=True, slots=True)
class Value:
    """A line's customs value and its parts, in minor units."""

    goods: int
    discount: int
    freight: int
    insurance: int

    @property
    def customs(self) -> int:
        return self.goods - self.discount + self.freight + self.insurance


@dataclass(frozen=True, slots=True)
class Due:
    """What the law asks of a line, before relief: rates, the specific amount in minor units, and why."""

    excise: Fraction
    specific: Fraction
    vat: Fraction
    duty: Fraction | None
    sources: Mapping[str, str]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]


def half_up(value: Fraction) -> int:
    """Round to a whole number of minor units, halves up. `value` is not negative."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def excise_full(value: Fraction, specific: Fraction, rate: Fraction) -> Fraction:
    """Consumption tax by the composite price: (P + spec) / (1 − ct) × ct + spec, all in one unit of money."""
    return (value + specific) / (1 - rate) * rate + specific


def customs_values(request: QuoteRequest) -> list[Value]:
    """Goods less the open discount; freight and insurance shared by line value, largest remainder. Raises BadAmount."""
    freight = _minor(request.freight, line="-", name="freight", field="freight")
    insurance = _minor(request.insurance, line="-", name="insurance", field="insurance")
    bases = []
    for i, line in enumerate(request.lines):
        _positive(line.quantity, line=line.id, name="quantity", field=f"lines[{i}].quantity")
        _not_negative(line.unit_price, line=line.id, name="unit_price", field=f"lines[{i}].unit_price")
        goods = half_up(Fraction(line.quantity) * Fraction(line.unit_price) * 100)
        discount = _minor(line.discount, line=line.id, name="discount", field=f"lines[{i}].discount")
        if discount > goods:
            why = {"why_zh": "折扣大于货款", "why_en": "more than the goods cost"}
            raise BadAmount(field=f"lines[{i}].discount", line=line.id, name="discount", value=line.discount, **why)
        bases.append((goods, discount))
    weights = [goods - discount for goods, discount in bases]
    shares = zip(bases, allocate(freight, weights), allocate(insurance, weights), strict=True)
    return [Value(goods, discount, f, i) for (goods, discount), f, i in shares]


def measured(measures: Mapping[str, Decimal], unit: str) -> Fraction | None:
    """The line's quantity in `unit`, converted inside mass and inside volume only; None where it is not known."""
    if unit in measures:
        return Fraction(measures[unit])
    base, factor = _TO_BASE.get(unit, (unit, 1))
    for name, amount in measures.items():
        other, times = _TO_BASE.get(name, (name, 1))
        if other == base:
            return Fraction(amount) * times / factor
    return None


def due(line: LineRequest, value: Value, book: Book, day: date, index: int) -> Due:
    """Rates for one line: the asker's where given, else the book's. Raises UnknownHsCode, MissingMeasure, NoBook."""
    if not headings.known(line.hs_code):
        near = ", ".join(headings.nearest(line.hs_code)) or "-"
        raise UnknownHsCode(field=f"lines[{index}].hs_code", line=line.id, hs_code=line.hs_code, nearest=near)
    for unit, amount in line.measures.items():
        _positive(amount, line=line.id, name=f"measures.{unit}", field=f"lines[{index}].measures.{unit}")
    reasons: list[Reason] = []
    warnings: list[Reason] = []
    sources: dict[str, str] = {}
    if line.rates.excise is None:
        rate = _row(book, "excise", line, day)
        assert isinstance(rate.formula, Excise)
        charge, specific = _charge(line, value, rate, rate.formula, index, (reasons, warnings))
        excise, sources["excise"] = charge.rate, rate.source
    else:
        excise, specific = _given(line, "excise", index), Fraction(0)
        reasons.append(explain.asked("消费税", "consumption tax", excise))
    if line.rates.vat is None:
        rate = _row(book, "vat", line, day)
        assert isinstance(rate.formula, Fraction)
        vat, sources["vat"] = rate.formula, rate.source
        reasons.append(explain.book_rate("增值税", "Import VAT", rate, vat))
        if not rate.confirmed:
            warnings.append(explain.not_confirmed(rate, line.id))
    else:
        vat = _given(line, "vat", index)
        reasons.append(explain.asked("增值税", "import VAT", vat))
    duty: Fraction | None = None
    if line.rates.duty is not None:
        duty = _given(line, "duty", index)
    elif (found := book.find("duty", day, line.hs_code, line.origin)) is not None:
        assert isinstance(found.formula, Fraction)
        duty, sources["duty"] = found.formula, found.source
    return Due(excise, specific, vat, duty, sources, tuple(reasons), tuple(warnings))


def _charge(
    line: LineRequest, value: Value, rate: Rate, excise: Excise, index: int, out: tuple[list[Reason], list[Reason]]
) -> tuple[Charge, Fraction]:
    """The charge of a consumption-tax row for this line and its specific amount in minor units."""
    reasons, warnings = out
    if excise.form == "unverified":
        why = {"why_zh": f"{excise.name}：税率未核实", "why_en": f"{excise.name}: the book has no verified rate"}
        raise MissingMeasure(field=f"lines[{index}].rates.excise", line=line.id, what="rates.excise", **why)
    charge = excise.reached
    if excise.thresholds:
        threshold, reached = _class(line, value, excise, index, warnings)
        each = Fraction(value.customs, 100) / _of(line, threshold)
        charge = excise.reached if reached else excise.below
        reasons.append(explain.unit_value(rate, excise, threshold, each, reached))
    elif charge.rate or charge.specific or rate.hs_prefix:
        reasons.append(explain.book_rate("消费税", "Consumption tax", rate, charge.rate))
    if not charge.specific:
        return charge, Fraction(0)
    for specific in charge.specific:
        quantity = measured(line.measures, specific.per)
        if quantity is None:
            continue
        amount = quantity * specific.amount
        reasons.append(explain.specific(quantity, specific.per, specific.amount, amount, rate.source))
        if not (specific.confirmed and rate.confirmed):
            warnings.append(explain.not_confirmed(rate, line.id))
        return charge, amount * 100
    raise _missing(line, index, [specific.per for specific in charge.specific])


def _class(
    line: LineRequest, value: Value, excise: Excise, index: int, warnings: list[Reason]
) -> tuple[Threshold, bool]:
    """The first threshold whose measure the line has decides; a warning where another one would say otherwise."""
    known = [threshold for threshold in excise.thresholds if _of(line, threshold)]
    if not known:
        raise _missing(line, index, [threshold.per for threshold in excise.thresholds])

    def reaches(threshold: Threshold) -> bool:
        return Fraction(value.customs, 100) >= threshold.at_least * _of(line, threshold)

    decides, reached = known[0], reaches(known[0])
    for other in known[1:]:
        # Pieces say nothing of goods that are weighed: a jar is one piece whatever it costs.
        if other.per not in {"piece", "sheet"} and reaches(other) != reached:
            warnings.append(explain.measures_disagree(line.id, decides, other))
            break
    return decides, reached


def _of(line: LineRequest, threshold: Threshold) -> Fraction:
    """The line's measure for a threshold; 0 where it is not known."""
    quantity = measured(line.measures, threshold.per)
    if quantity is None and threshold.from_quantity:
        quantity = Fraction(line.quantity)
    return quantity or Fraction(0)


def _missing(line: LineRequest, index: int, units: list[str]) -> MissingMeasure:
    what = " / ".join(units)
    why = {"why_zh": "消费税按此计量", "why_en": "the consumption tax is measured by it"}
    return MissingMeasure(field=f"lines[{index}].measures", line=line.id, what=what, **why)


def taxed(line: LineRequest, value: Value, law: Due, relief: Relief | None) -> LineQuote:
    """One line's taxes: with `relief` inside the limits, without it in full (duty must then be known)."""
    duty_rate = relief.duty if relief else law.duty
    assert duty_rate is not None
    factor = relief.factor if relief else _ONE
    steps = [explain.customs_value(value.goods, value.discount, value.freight, value.insurance), *law.reasons]
    duty = half_up(value.customs * duty_rate)
    dutiable = value.customs + value.customs * duty_rate
    full = excise_full(Fraction(dutiable), law.specific, law.excise)
    excise, vat = half_up(full * factor), half_up((dutiable + full) * law.vat * factor)
    if not relief:
        steps.append(explain.duty_sum(value.customs, duty_rate, duty, law.sources.get("duty", "request")))
    base = Fraction(dutiable) / 100
    if full:
        source = law.sources.get("excise", "request")
        steps.append(explain.excise_sum(base, law.specific / 100, law.excise, factor, excise, source))
    source = law.sources.get("vat", "request")
    steps.append(explain.vat_sum(base, full / 100, law.vat, factor, vat, source))
    rates = {
        "duty": explain.number(duty_rate),
        "excise": explain.number(law.excise),
        "vat": explain.number(law.vat),
        "relief": explain.number(factor),
    }
    if law.specific:
        rates["excise_specific"] = explain.number(law.specific / 100)
    return _line(line, value, (duty, excise, vat), rates, tuple(steps))


def _untaxed(line: LineRequest, value: Value, law: Due) -> LineQuote:
    """A line whose full tax cannot be computed: nothing is guessed, the warning says so."""
    steps = (explain.customs_value(value.goods, value.discount, value.freight, value.insurance), *law.reasons)
    return _line(line, value, (0, 0, 0), {"excise": explain.number(law.excise), "vat": explain.number(law.vat)}, steps)


def _line(
    line: LineRequest, value: Value, taxes: tuple[int, int, int], rates: dict[str, str], steps: tuple[Reason, ...]
) -> LineQuote:
    duty, excise, vat = (decimal(tax) for tax in taxes)
    return LineQuote(line.id, decimal(value.customs), duty, excise, vat, rates, steps)


def split(lines: tuple[LineRequest, ...], values: list[Value], single: int) -> tuple[Part, ...]:
    """Orders that clear one by one: units in falling value, each into the first order with room (FFD).

    A unit above the limit gets an order of its own that does not fit. Whether fewer orders would do is not proven.
    """
    units: list[tuple[int, int, Decimal]] = []  # (value, line position, quantity)
    whole = sum(line.quantity for line in lines if line.quantity == int(line.quantity)) <= UNITS_SPLIT_MAX
    for i, (line, value) in enumerate(zip(lines, values, strict=True)):
        if whole and line.quantity == int(line.quantity):
            units += [(share, i, Decimal(1)) for share in allocate(value.customs, [1] * int(line.quantity))]
        else:
            units.append((value.customs, i, line.quantity))
    units.sort(key=lambda unit: (-unit[0], unit[1]))
    sums: list[int] = []
    contents: list[dict[str, Decimal]] = []
    for amount, i, quantity in units:
        place = next((n for n, total in enumerate(sums) if total + amount <= single), None)
        if place is None:
            sums.append(0)
            contents.append({})
            place = len(sums) - 1
        sums[place] += amount
        contents[place][lines[i].id] = contents[place].get(lines[i].id, Decimal(0)) + quantity
    return tuple(Part(units, decimal(total), total <= single) for units, total in zip(contents, sums, strict=True))


def quote(request: QuoteRequest, book: Book | None) -> Quote:
    """What the basket owes. Raises the refusals of `types.refusals`; the same request and book give the same answer."""
    if request.destination != "CN" or request.channel not in CHANNELS or request.currency != "CNY":
        named = {"destination": request.destination, "channel": request.channel or "-", "currency": request.currency}
        field = "destination" if request.destination != "CN" else "currency" if request.currency != "CNY" else "channel"
        raise UnsupportedRegime(field=field, **named)
    if not 1 <= len(request.lines) <= LINES_MAX:
        why = {"why_zh": f"须为 1 至 {LINES_MAX} 行", "why_en": f"1 to {LINES_MAX} lines"}
        raise BadAmount(field="lines", line="-", name="lines", value=len(request.lines), **why)
    limits, relief_row = (book.find(name, request.date) if book else None for name in ("cbec_limit", "cbec_relief"))
    if book is None or limits is None or relief_row is None:
        raise NoBook(field="date", date=request.date.isoformat(), what="CN CBEC")
    assert isinstance(limits.formula, Limit)
    assert isinstance(relief_row.formula, Relief)
    limit, relief = limits.formula, relief_row.formula
    values = customs_values(request)
    laws = [
        due(line, value, book, request.date, i)
        for i, (line, value) in enumerate(zip(request.lines, values, strict=True))
    ]
    used = _minor(request.buyer.used_this_year, line="-", name="used_this_year", field="buyer.used_this_year")
    total = sum(value.customs for value in values)
    parts: tuple[Part, ...] = ()
    if used + total > limit.annual:
        decision, reason = "general_trade", explain.over_annual(total, used, limit, limits.source)
    elif total <= limit.single:
        decision, reason = "clear", explain.inside(total, used, limit, relief, limits.source)
    elif sum(line.quantity for line in request.lines) <= 1 and len(request.lines) == 1:
        decision = "full_tax_single_item" if limit.single_item == "full_tax" else "general_trade"
        reason = explain.over_single_item(total, used, limit, limits.source)
    else:
        parts = split(request.lines, values, limit.single)
        decision, reason = "split", explain.split(total, used, limit, parts, limits.source)
    return _answer(request, book, (values, laws), (decision, reason, parts), (limit, relief))


def _answer(
    request: QuoteRequest,
    book: Book,
    found: tuple[list[Value], list[Due]],
    decided: tuple[str, Reason, tuple[Part, ...]],
    law: tuple[Limit, Relief],
) -> Quote:
    (values, dues), (decision, reason, parts), (limit, relief) = found, decided, law
    lines: list[LineQuote] = []
    warnings: list[Reason] = []
    for line, value, one in zip(request.lines, values, dues, strict=True):
        each = value.customs / max(line.quantity, Decimal(1))
        relieved = decision == "clear" or (decision == "split" and each <= limit.single)
        if relieved:
            lines.append(taxed(line, value, one, relief))
        elif one.duty is not None:
            lines.append(taxed(line, value, one, None))
        else:
            lines.append(_untaxed(line, value, one))
            warnings.append(explain.duty_unknown(line.id, line.hs_code))
            if decision == "full_tax_single_item":
                decision = "rates_not_verified"
        warnings.extend(one.warnings)
    if request.date > book.as_of:
        warnings.append(explain.after_book(request.date.isoformat(), book.as_of.isoformat(), book.code))
    return Quote(
        regime=CHANNELS[request.channel],
        decision=decision,
        currency=request.currency,
        customs_value=decimal(sum(value.customs for value in values)),
        duty=sum((line.duty for line in lines), Decimal("0.00")),
        excise=sum((line.excise for line in lines), Decimal("0.00")),
        vat=sum((line.vat for line in lines), Decimal("0.00")),
        fees=Decimal("0.00"),
        collector="platform",
        lines=tuple(lines),
        books=(book.code,),
        explanation=(reason, explain.positive_list(len(lines))),
        warnings=tuple(warnings),
        parts=parts,
    )


def decimal(minor: int) -> Decimal:
    """Minor units as a decimal with two places."""
    return Decimal(minor).scaleb(-2)


def _row(book: Book, measure: str, line: LineRequest, day: date) -> Rate:
    rate = book.find(measure, day, line.hs_code, line.origin)
    if rate is None:
        raise NoBook(field="date", date=day.isoformat(), what=f"{measure} {line.hs_code}")
    return rate


def _given(line: LineRequest, name: str, index: int) -> Fraction:
    """A rate of the asker: 0 to below 1 for consumption tax and VAT, up to 10 (1 000 %) for duty."""
    value: Decimal = getattr(line.rates, name)
    if not value.is_finite() or value < 0 or value > 10 or (name != "duty" and value >= 1):
        why = {"why_zh": "税率应写作 0.13 的形式", "why_en": "a rate is written like 0.13"}
        raise BadAmount(field=f"lines[{index}].rates.{name}", line=line.id, name=f"rates.{name}", value=value, **why)
    return Fraction(value)


def _not_negative(value: Decimal, *, line: str, name: str, field: str) -> None:
    if not value.is_finite() or value < 0 or value > AMOUNT_MAX:
        why = {"why_zh": "应在 0 与十亿之间", "why_en": "it must be between 0 and a thousand million"}
        raise BadAmount(field=field, line=line, name=name, value=value, **why)


def _positive(value: Decimal, *, line: str, name: str, field: str) -> None:
    _not_negative(value, line=line, name=name, field=field)
    if value == 0:
        raise BadAmount(field=field, line=line, name=name, value=value, why_zh="应大于 0", why_en="it must be above 0")


def _minor(value: Decimal, *, line: str, name: str, field: str) -> int:
    _not_negative(value, line=line, name=name, field=field)
    minor = Fraction(value) * 100
    if minor.denominator != 1:
        why = {"why_zh": "最多两位小数", "why_en": "at most two decimal places"}
        raise BadAmount(field=field, line=line, name=name, value=value, **why)
    return minor.numerator
