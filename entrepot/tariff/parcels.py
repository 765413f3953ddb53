"""What regimes share that spare small parcels: a limit, and above it duty and tax at the border. Pure.

Inside the limit the border takes nothing: a registered seller charges the tax at the sale, or nobody does. Above it the
whole value is taxed: duty on the regime's own base, then tax on value with freight and insurance + duty + excise. Each
tax of each line is rounded half-up by itself; the tax is worked from the rounded duty, which is what is paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from entrepot.kit.money import exponent
from entrepot.tariff import duties, steps
from entrepot.tariff.arithmetic import given_rate, rounded
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.duties import Levies
from entrepot.tariff.limits import Limit, counted
from entrepot.tariff.measures import fees_due
from entrepot.tariff.regime import Answer, Taxed, close, needed, unconfirmed
from entrepot.tariff.types import LineRequest, Quote, QuoteRequest, Reason, Value

_ZERO = Fraction(0)
NOBODY = "none"  # the collector where nothing is collected


@dataclass(frozen=True, slots=True)
class Border:
    """What a regime is, for the steps here. `tax` is the tax's name in Chinese and English."""

    code: str
    currency: str
    tax: tuple[str, str]
    duty_on: str  # goods (FOB) | cif
    collector: str  # at the border
    law: str  # where the values are defined


@dataclass(slots=True)
class Law:
    """What a line owes above the limit. `duty` is None where no book has a rate, `excise` where one is owed and its
    rate is not known: neither is guessed."""

    duty: Levies | None
    excise: Fraction | None
    vat: Fraction
    vat_row: Rate | None  # None where the asker gave the rate
    reasons: list[Reason]
    warnings: list[Reason]
    excepted: Rate | None  # the limit does not spare these goods

    @property
    def vat_source(self) -> str:
        return self.vat_row.source if self.vat_row else "request"

    def used(self, line: LineRequest, *, duty: bool) -> list[Reason]:
        """Warnings for what the line was taxed by."""
        rows = [row for row, _ in self.duty or ()] if duty else []
        return unconfirmed((self.vat_row, *rows), line.id)


@dataclass(slots=True)
class Parcel:
    """A parcel before it is taxed. `told` begins with the step that decided."""

    values: list[Value]
    inside: bool
    told: list[Reason]
    demands: tuple[Reason, ...] = ()
    warnings: list[Reason] = field(default_factory=list)


def law(line: LineRequest, index: int, request: QuoteRequest, books: Books, border: Border) -> Law:
    """Rates for one line: the asker's where given, else the books'. Raises UnknownHsCode, BadAmount, NoBook."""
    duties.check(line, index)
    day, at = request.date, (line.hs_code, line.origin)
    other, excepted = books.find("other_taxes", day, *at), books.find("parcel_limit_except", day, *at)
    reasons: list[Reason] = []
    warnings = unconfirmed((other, excepted), line.id)
    excise = None if other else _ZERO
    if line.rates.excise is not None:
        excise = given_rate(line, "excise", index)
        reasons.append(steps.given("消费税", "excise", excise))
    elif other is not None:
        warnings.append(other_taxes(line, other))
    if line.rates.vat is not None:
        vat, row = given_rate(line, "vat", index), None
        reasons.append(steps.given(*border.tax, vat))
    else:
        row = needed(books, "vat", day, f"{border.code} vat {line.hs_code}", *at)
        vat = row.formula
        reasons.append(steps.book_rate(*border.tax, row, vat))
    return Law(_levies(line, index, request, books, other), excise, vat, row, reasons, warnings, excepted)


def _levies(line: LineRequest, index: int, request: QuoteRequest, books: Books, other: Rate | None) -> Levies | None:
    levies = duties.asked(line, index) or duties.found(line, books, request.date)
    first = levies[0][0] if levies else None
    # A row for goods in general does not speak for goods with taxes of their own.
    if first is not None and other is not None and len(first.hs_prefix) < len(other.hs_prefix):
        return None
    return levies


def duty_base(value: Value, border: Border) -> int:
    """What duty is computed from: the goods alone (FOB), or with freight and insurance (CIF)."""
    return value.intrinsic if border.duty_on == "goods" else value.customs


def shown(value: Value, border: Border) -> Value:
    """The customs value as the regime's law means it."""
    return Value(value.goods, value.discount, 0, 0) if border.duty_on == "goods" else value


def duty_sources(law: Law) -> str:
    return "; ".join(row.source if row else "request" for row, _ in law.duty or ())


def at_border(line: LineRequest, value: Value, law: Law, index: int, border: Border) -> Taxed:
    """Duty, excise where the asker gave a rate, and tax, each half-up. The rates must be known. Raises
    MissingMeasure."""
    assert law.excise is not None and law.duty is not None
    places, base = exponent(border.currency), duty_base(value, border)
    exact, _ = duties.charged(line, base, law.duty, index, border.currency)
    duty = rounded(exact)
    excise = rounded((value.customs + duty) * law.excise)
    taxable = value.customs + duty + excise
    vat = rounded(taxable * law.vat)
    rates = {
        "duty": steps.number(exact / base if base else _ZERO),
        "excise": steps.number(law.excise),
        "vat": steps.number(law.vat),
    }
    formula = (
        f"({steps.money(value.customs, places)} + {steps.money(duty, places)} + {steps.money(excise, places)})"
        f" × {steps.number(law.vat)}"
    )
    how = " + ".join(levy.expression or steps.number(levy.rate) for _, levy in law.duty)
    reasons = [
        steps.customs_value(shown(value, border), border.currency, border.law),
        *law.reasons,
        steps.summed(
            "duty", ("关税", "Duty"), f"{steps.money(base, places)} × ({how})", duty, border.currency,
            duty_sources(law),
        ),
        steps.summed("vat", border.tax, formula, vat, border.currency, law.vat_source),
    ]  # fmt: skip
    return Taxed(duty=duty, excise=excise, vat=vat, rates=rates, reasons=reasons)


def at_sale(value: Value, law: Law, border: Border) -> Taxed:
    """The tax that a registered seller adds to the price: on goods, freight and insurance; no duty."""
    places, vat = exponent(border.currency), rounded(value.customs * law.vat)
    formula = f"{steps.money(value.customs, places)} × {steps.number(law.vat)}"
    return Taxed(
        vat=vat,
        rates={"duty": "0", "excise": "0", "vat": steps.number(law.vat)},
        reasons=[
            steps.customs_value(shown(value, border), border.currency, border.law),
            *law.reasons,
            steps.summed("vat_at_sale", border.tax, formula, vat, border.currency, law.vat_source),
        ],
    )


def untaxed(value: Value, border: Border, rates: Mapping[str, str]) -> Taxed:
    """A line that owes nothing, or of which it is not known what it owes."""
    return Taxed(rates=dict(rates), reasons=[steps.customs_value(shown(value, border), border.currency, border.law)])


FREE = {"duty": "0", "excise": "0", "vat": "0"}


def _turned_by(request: QuoteRequest, books: Books, border: Border, limit: Limit) -> Rate | None:
    """The book's rate that turned the parcel's value into the limit's money, where one did."""
    known = (border.currency, request.currency)
    return None if limit.currency in known else books.find(f"fx.{limit.currency}", request.date)


def assess(request: QuoteRequest, books: Books, border: Border, row: Rate, parcel: Parcel) -> Quote:
    """The answer: each line at the sale, at the border or free. `row` is the limit that was tested."""
    limit: Limit = row.formula
    answer = Answer(
        border.code, "clear", NOBODY, parcel.demands, reasons=parcel.told,
        warnings=[*parcel.warnings, *unconfirmed((row, _turned_by(request, books, border, limit)), "-")],
    )  # fmt: skip
    worked: list[tuple[Value, Taxed]] = []
    collectors: set[str] = set()
    for i, (line, value) in enumerate(zip(request.lines, parcel.values, strict=True)):
        found = law(line, i, request, books, border)
        answer.warnings += found.warnings
        seller = limit.inside == "seller" and request.registered_seller
        if found.excise is None:
            made, who = _unknown(line, value, found, border, answer), border.collector
        elif parcel.inside and found.excepted is None:
            made = at_sale(value, found, border) if seller else untaxed(value, border, FREE)
            who = "seller" if seller else NOBODY
            answer.warnings += found.used(line, duty=False) if seller else []
        elif found.duty is None:
            made, who = _unknown(line, value, found, border, answer), border.collector
        else:
            made, who = at_border(line, value, found, i, border), border.collector
            answer.warnings += found.used(line, duty=True)
        worked.append((shown(value, border), made))
        collectors.add(who)
    answer.collector = next((who for who in (border.collector, "seller") if who in collectors), NOBODY)
    if {border.collector, "seller"} <= collectors:
        answer.warnings.append(two_collectors(border))
    if limit.inside == "seller":
        answer.warnings += _of_the_seller(request, limit, parcel, border)
    if border.collector in collectors:
        answer.parcel_fees = fees(request, books, border, parcel.values, answer)
    return close(answer, request, books, border.currency, worked)


def _unknown(line: LineRequest, value: Value, law: Law, border: Border, answer: Answer) -> Taxed:
    answer.decision = "rates_not_verified"
    if law.excise is not None:
        answer.warnings.append(duty_unknown(line))
    return untaxed(value, border, {"vat": steps.number(law.vat)})


def fees(request: QuoteRequest, books: Books, border: Border, values: Sequence[Value], answer: Answer) -> int:
    """Fees of the border by the books' `fee.*` rows, which are written with two places whatever the currency has."""
    scale = Fraction(10 ** exponent(border.currency), 100)
    base = rounded(sum(duty_base(value, border) for value in values) / scale)
    counts = {"parcel": 1, "line": len(request.lines), "subheading": len({line.hs_code[:6] for line in request.lines})}
    total = 0
    for row in books.every("fee", request.date):
        due = rounded(fees_due(row.formula, base, counts[row.formula.per]) * scale)
        answer.reasons.append(steps.summed("fee", ("费用", "Fee"), row.measure, due, border.currency, row.source))
        answer.warnings += unconfirmed((row,), "-")
        total += due
    return total


def _of_the_seller(request: QuoteRequest, limit: Limit, parcel: Parcel, border: Border) -> list[Reason]:
    if parcel.inside:
        return [] if request.registered_seller else [seller_not_registered(border)]
    small = any(
        counted([value], limit, border.currency) <= limit.amount * Fraction(line.quantity)
        for line, value in zip(request.lines, parcel.values, strict=True)
    )
    together = small and request.registered_seller and parcel.told[0].code == "over_limit"
    return [sent_together(border)] if together else []


# The sentences.


def duty_unknown(line: LineRequest) -> Reason:
    zh = f"关税税率不在税率簿中（{line.hs_code}），可在请求 rates.duty 中给出"
    en = f"the duty rate of {line.hs_code} is not in the book; it may be given as rates.duty"
    return steps.not_verified(line.id, zh, en, "")


def other_taxes(line: LineRequest, row: Rate) -> Reason:
    zh = f"另有本税率簿不含的税（{row.formula}），可在请求 rates.excise 中给出"
    en = f"these goods owe more than the book has ({row.formula}); a rate may be given as rates.excise"
    return steps.not_verified(line.id, zh, en, row.source)


def two_collectors(border: Border) -> Reason:
    return steps.plain(
        "two_collectors",
        border.law,
        "部分货物由卖方在销售时收税，其余在边境缴纳",
        "The seller charges the tax of some goods at the sale; that of the others is paid at the border",
    )


def seller_not_registered(border: Border) -> Reason:
    return steps.plain(
        "seller_not_registered",
        border.law,
        f"卖方未登记：限额以内边境不征税，销售时也不收 {border.tax[1]}；卖方是否须登记未作审查",
        f"The seller is not registered: inside the limit neither border nor sale is taxed ({border.tax[1]}). Whether "
        "the seller must register was not examined",
    )


def sent_together(border: Border) -> Reason:
    return steps.plain(
        "sent_together",
        border.law,
        f"包裹内有单件不超过限额的货物：若卖方已收取 {border.tax[1]}，须在申报中注明，以免重复征税；分开寄送则在限额内",
        f"Goods of the parcel are each inside the limit: where the seller has charged {border.tax[1]}, the declaration "
        "must say so, or it is paid twice; sent by themselves they would be inside the limit",
    )
