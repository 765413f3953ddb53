"""What China's regimes for goods share: the rates of a line and the composite price, in whole numbers. Pure.

With P = customs value, D = duty, spec = specific amount, ct and vat = rates, k = relief (1 where none):
consumption tax = [(P + D + spec) / (1 − ct) × ct + spec] × k, import VAT = (P + D + consumption tax in full) × vat × k.
Each tax of each line is rounded half-up to 0.01 by itself, from unrounded parts, because the tax bill (CEB816) carries
the two taxes per line. Formulas and sources: docs/algorithms/quote.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from entrepot.tariff import duties, excise, steps
from entrepot.tariff.arithmetic import given_rate, half_up, positive
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.duties import Levies
from entrepot.tariff.regime import Taxed, check_code, needed, unconfirmed
from entrepot.tariff.types import NO_RATES, LineRequest, Reason, Value

PRICE = "财关税[2016]18号"
_ONE, _ZERO = Fraction(1), Fraction(0)


@dataclass(slots=True)
class Law:
    """What the law asks of a line, before relief. `duty` is None where no book has a rate; it is not guessed."""

    excise: Fraction
    specific: Fraction  # minor units
    vat: Fraction
    duty: Levies | None
    excise_source: str
    vat_source: str
    reasons: list[Reason]
    warnings: list[Reason]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that speak for a code, an origin and a day: looked up once, then remembered by the books."""

    excise: Rate
    vat: Rate
    duty: Levies | None
    vat_reason: Reason


def law(line: LineRequest, value: Value, books: Books, day: date, index: int) -> Law:
    """Rates for one line: the asker's where given, else the books'. Raises UnknownHsCode, MissingMeasure, NoBook."""
    rows = _rows(line, books, day, index)
    for unit, amount in line.measures.items():
        positive(amount, line.id, f"measures.{unit}", f"lines[{index}].measures.{unit}")
    if line.rates is NO_RATES or line.rates == NO_RATES:
        decided = excise.decide(line, value.customs, rows.excise, index)
        decided.reasons.append(rows.vat_reason)
        if not rows.vat.confirmed:
            decided.warnings.append(steps.not_confirmed(rows.vat, line.id))
        return Law(
            decided.rate, decided.specific, rows.vat.formula, rows.duty, rows.excise.source, rows.vat.source,
            decided.reasons, decided.warnings,
        )  # fmt: skip
    return _asked(line, value, rows, index)


def _asked(line: LineRequest, value: Value, rows: _Rows, index: int) -> Law:
    """The same where the asker gave at least one of the rates."""
    if line.rates.excise is None:
        decided = excise.decide(line, value.customs, rows.excise, index)
    else:
        rate = given_rate(line, "excise", index)
        decided = excise.Decided(rate, _ZERO, [steps.given("消费税", "consumption tax", rate)], [])
    if line.rates.vat is None:
        vat = rows.vat.formula
        decided.reasons.append(rows.vat_reason)
        decided.warnings += unconfirmed((rows.vat,), line.id)
    else:
        vat = given_rate(line, "vat", index)
        decided.reasons.append(steps.given("增值税", "import VAT", vat))
    duty = duties.asked(line, index) or rows.duty
    return Law(
        decided.rate, decided.specific, vat, duty,
        rows.excise.source if line.rates.excise is None else "request",
        rows.vat.source if line.rates.vat is None else "request",
        decided.reasons, decided.warnings,
    )  # fmt: skip


def _rows(line: LineRequest, books: Books, day: date, index: int) -> _Rows:
    key = ("cn", day, line.hs_code, line.origin, line.proof_of_origin)
    rows: _Rows | None = books.remembered(key)
    if rows is None:
        check_code(line, index)
        at = (line.hs_code, line.origin)
        vat = needed(books, "vat", day, f"vat {line.hs_code}", *at)
        rows = _Rows(
            excise=needed(books, "excise", day, f"excise {line.hs_code}", *at),
            vat=vat,
            duty=duties.found(line, books, day),
            vat_reason=steps.book_rate("增值税", "Import VAT", vat, vat.formula),
        )
        books.remember(key, rows)
    return rows


def taxed(line: LineRequest, value: Value, law: Law, factor: Fraction, index: int, *, duty_free: bool) -> Taxed:
    """One line's taxes. In full (`duty_free` False) the duty must be known. Raises MissingMeasure."""
    reasons = [steps.customs_value(value, "CNY", PRICE), *law.reasons]
    duty = _ZERO
    if not duty_free:
        assert law.duty is not None
        duty, told = duties.charged(line, value.customs, law.duty, index, "CNY")
        reasons += told
    ct, vat = law.excise, law.vat
    if not law.specific and not duty:
        dutiable_n, dutiable_d, spec_n = value.customs, 1, 0
    else:
        dutiable, dutiable_d = value.customs + duty, duty.denominator * law.specific.denominator
        dutiable_n = int(dutiable * dutiable_d)
        spec_n = int(law.specific * dutiable_d)
    left = ct.denominator - ct.numerator
    full_n = (dutiable_n + spec_n) * ct.numerator + spec_n * left  # over dutiable_d × left
    over = dutiable_d * left * factor.denominator
    excise_due = half_up(full_n * factor.numerator, over)
    vat_due = half_up((dutiable_n * left + full_n) * vat.numerator * factor.numerator, over * vat.denominator)
    out = Taxed(duty=half_up(duty.numerator, duty.denominator), excise=excise_due, vat=vat_due, reasons=reasons)
    _tell(out, law, factor, (dutiable_n, dutiable_d, full_n, dutiable_d * left))
    out.rates = _rates(law, factor, duty, value)
    return out


def _rates(law: Law, factor: Fraction, duty: Fraction, value: Value) -> dict[str, str]:
    """The rates applied, as text. A duty that is more than one rate is shown by what it comes to."""
    rates = {
        "duty": steps.number(duty / value.customs if value.customs else _ZERO) if duty else "0",
        "excise": _text(law.excise),
        "vat": _text(law.vat),
        "relief": _text(factor),
    }
    if law.specific:
        rates["excise_specific"] = steps.number(law.specific / 100)
    return rates


_TEXTS: dict[tuple[int, int], str] = {}


def _text(rate: Fraction) -> str:
    """`steps.number`, kept: the same few rates are written over and over."""
    key = rate.numerator, rate.denominator
    text = _TEXTS.get(key)
    if text is None:
        if len(_TEXTS) > 1_000:
            _TEXTS.clear()
        text = _TEXTS[key] = steps.number(rate)
    return text


def untaxed(value: Value, law: Law) -> Taxed:
    """A line whose full tax cannot be computed: nothing is guessed, the warning says so."""
    return Taxed(
        rates={"excise": steps.number(law.excise), "vat": steps.number(law.vat)},
        reasons=[steps.customs_value(value, "CNY", PRICE), *law.reasons],
    )


def duty_unknown(line: LineRequest) -> Reason:
    """The warning that goes with `untaxed`."""
    return steps.plain(
        "not_computed",
        "",
        f"第 {line.id} 行（{line.hs_code}）的关税税率不在税率簿中，全额税款未计算；可在请求 rates.duty 中给出",
        f"Line {line.id} ({line.hs_code}): the duty rate is not in the book, so the full tax is not computed; "
        "it may be given as rates.duty",
        line=line.id,
        hs_code=line.hs_code,
    )


def _tell(out: Taxed, law: Law, factor: Fraction, sums: tuple[int, int, int, int]) -> None:
    """The two tax steps; what they need is kept, the sentences are written when they are read."""
    dutiable_n, dutiable_d, full_n, full_d = sums

    def write_excise() -> steps.Told:
        base, spec, rate = Fraction(dutiable_n, dutiable_d * 100), law.specific / 100, law.excise
        if rate:
            value = f"({steps.amount(base)} + {steps.amount(spec)})" if spec else steps.amount(base)
            inner = f"{value} ÷ (1 − {steps.number(rate)}) × {steps.number(rate)}"
            inner += f" + {steps.amount(spec)}" if spec else ""
        else:
            inner = steps.amount(spec)
        inner = inner if factor == _ONE else f"[{inner}] × {steps.number(factor)}"
        text = f"{inner} = {steps.money(out.excise)}"
        return (
            f"消费税：{text} 元（四舍五入到分）",
            f"Consumption tax: {text} CNY (half-up to 0.01)",
            {"excise": steps.money(out.excise)},
        )

    def write_vat() -> steps.Told:
        base, full = Fraction(dutiable_n, dutiable_d * 100), Fraction(full_n, full_d * 100)
        value = f"({steps.amount(base)} + {steps.amount(full)})" if full else steps.amount(base)
        times = "" if factor == _ONE else f" × {steps.number(factor)}"
        text = f"{value} × {steps.number(law.vat)}{times} = {steps.money(out.vat)}"
        return (
            f"增值税：{text} 元（四舍五入到分）",
            f"Import VAT: {text} CNY (half-up to 0.01)",
            {"vat": steps.money(out.vat), "excise_in_base": steps.amount(full)},
        )

    if full_n:
        out.reasons.append(Reason("excise", law.excise_source, write_excise))
    out.reasons.append(Reason("vat", law.vat_source, write_vat))
