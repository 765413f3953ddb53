"""What China's regimes for goods share: the rates of a line and the composite price, in whole numbers. Pure.

With P = customs value, D = duty, spec = specific amount, ct and vat = rates, k = relief (1 where none):
consumption tax = [(P + D + spec) / (1 − ct) × ct + spec] × k, import VAT = (P + D + consumption tax in full) × vat × k.
Each tax of each line is rounded half-up to 0.01 by itself, from unrounded parts, because the tax bill (CEB816) carries
the two taxes per line. Formulas and sources: docs/algorithms/quote.md.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import msgspec

from entrepot.tariff import duties, excise, steps
from entrepot.tariff.arithmetic import check_measures, given_rate, half_up, rounded
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.duties import Levies
from entrepot.tariff.regime import Taxed, check_code, needed, unconfirmed
from entrepot.tariff.types import NO_RATES, Account, LineRequest, Reason, Value

PRICE = "财关税[2016]18号"
_ONE, _ZERO = Fraction(1), Fraction(0)


class Law(msgspec.Struct, frozen=True, gc=False):
    """What the law asks of a line, before relief. `duty` is None where no book has a rate; it is not guessed."""

    excise: excise.Decided
    vat: Fraction
    vat_row: Rate | None  # None where the asker gave the rate
    duty: Levies | None

    def reasons(self, customs_value: int) -> list[Reason]:
        """The steps, for a line of `customs_value` fen."""
        row = self.vat_row
        given = steps.given("增值税", "import VAT", self.vat)
        vat = given if row is None else steps.book_rate("增值税", "Import VAT", row, self.vat)
        return [*self.excise.reasons(customs_value), vat]

    def warnings(self, line: LineRequest, *, duty: bool) -> list[Reason]:
        """What the line is taxed by and has no source at hand; `duty`: it owes duty too."""
        rows = [self.vat_row, *(row for row, _ in self.duty or ())] if duty else [self.vat_row]
        return [*self.excise.warnings(line), *unconfirmed(rows, line.id)]


class _Rows(msgspec.Struct, frozen=True, gc=False):
    """The rows that speak for a code, an origin and a day: looked up once, then remembered by the books."""

    excise: Rate
    vat: Rate
    duty: Levies | None
    settled: Law | None  # where neither the line's value nor its measures decide anything


def law(line: LineRequest, value: Value, books: Books, day: date, index: int) -> Law:
    """Rates for one line: the asker's where given, else the books'. Raises UnknownHsCode, MissingMeasure, NoBook."""
    rows = _rows(line, books, day, index)
    check_measures(line, index)
    asked = line.rates
    if asked is not NO_RATES and asked != NO_RATES:
        return _asked(line, value, rows, index)
    if rows.settled is not None:
        return rows.settled
    return Law(excise.decide(line, value.customs, rows.excise, index), rows.vat.formula, rows.vat, rows.duty)


def _asked(line: LineRequest, value: Value, rows: _Rows, index: int) -> Law:
    """The same where the asker gave at least one of the rates."""
    if line.rates.excise is None:
        decided = excise.decide(line, value.customs, rows.excise, index)
    else:
        decided = excise.Decided(given_rate(line, "excise", index))
    vat: Fraction = rows.vat.formula if line.rates.vat is None else given_rate(line, "vat", index)
    vat_row = rows.vat if line.rates.vat is None else None
    return Law(decided, vat, vat_row, duties.asked(line, index) or rows.duty)


def _rows(line: LineRequest, books: Books, day: date, index: int) -> _Rows:
    key = ("cn", day, line.hs_code, line.origin, line.proof_of_origin)
    rows: _Rows | None = books.remembered(key)
    if rows is None:
        check_code(line, index)
        at = (line.hs_code, line.origin)
        vat = needed(books, "vat", day, f"vat {line.hs_code}", *at)
        row = needed(books, "excise", day, f"excise {line.hs_code}", *at)
        duty = duties.found(line, books, day)
        settled = Law(excise.decide(line, 0, row, index), vat.formula, vat, duty) if row.formula.settled else None
        rows = _Rows(row, vat, duty, settled)
        books.remember(key, rows)
    return rows


def taxed(line: LineRequest, value: Value, law: Law, factor: Fraction, index: int, *, duty_free: bool) -> Taxed:
    """One line's taxes. In full (`duty_free` False) the duty must be known. Raises MissingMeasure."""
    customs = value.customs
    duty, spec, told = _ZERO, law.excise.specific, list[Reason]()
    if not duty_free:
        assert law.duty is not None
        duty, told = duties.charged(line, customs, law.duty, index, "CNY")
    if duty_free and law.excise.measured is None:
        dutiable_n, dutiable_d, spec_n = customs, 1, 0
    else:
        dutiable_d = duty.denominator * spec.denominator
        dutiable_n, spec_n = int((customs + duty) * dutiable_d), int(spec * dutiable_d)
    ct_n, ct_d = law.excise.rate.as_integer_ratio()
    vat_n, vat_d = law.vat.as_integer_ratio()
    factor_n, factor_d = factor.as_integer_ratio()
    left = ct_d - ct_n
    full_n = (dutiable_n + spec_n) * ct_n + spec_n * left  # over dutiable_d × left
    over = dutiable_d * left * factor_d
    excise_due = half_up(full_n * factor_n, over)
    vat_due = half_up((dutiable_n * left + full_n) * vat_n * factor_n, over * vat_d)
    ratios = (dutiable_n, dutiable_d), (full_n, dutiable_d * left)
    sums = _Sums(value, law, factor, duty, told, *ratios, excise_due, vat_due)
    return Taxed(0 if duty_free else rounded(duty), excise_due, vat_due, account=sums.account)


class _Sums(msgspec.Struct, frozen=True, gc=False):
    """What a line's taxes were worked out from, kept for whoever asks how. Ratios are numerator and denominator."""

    value: Value
    law: Law
    factor: Fraction
    duty: Fraction
    duty_steps: list[Reason]
    dutiable: tuple[int, int]
    full: tuple[int, int]  # consumption tax without relief
    excise: int
    vat: int

    def account(self) -> Account:
        """The rates applied, as text, and the steps. A duty that is more than one rate is shown by what it comes to."""
        law, customs, decided = self.law, self.value.customs, self.law.excise
        rates = {
            "duty": duties.share_of(self.duty, customs) if self.duty else "0",
            "excise": steps.number(decided.rate),
            "vat": steps.number(law.vat),
            "relief": steps.number(self.factor),
        }
        if decided.specific:
            rates["excise_specific"] = steps.number(decided.specific / 100)
        told = [steps.customs_value(self.value, "CNY", PRICE), *law.reasons(customs), *self.duty_steps]
        if self.full[0]:
            told.append(Reason("excise", decided.row.source if decided.row else "request", self._excise))
        told.append(Reason("vat", law.vat_row.source if law.vat_row else "request", self._vat))
        return rates, tuple(told)

    def _excise(self) -> steps.Told:
        base, spec = Fraction(self.dutiable[0], self.dutiable[1] * 100), self.law.excise.specific / 100
        if rate := self.law.excise.rate:
            value = f"({steps.amount(base)} + {steps.amount(spec)})" if spec else steps.amount(base)
            inner = f"{value} ÷ (1 − {steps.number(rate)}) × {steps.number(rate)}"
            inner += f" + {steps.amount(spec)}" if spec else ""
        else:
            inner = steps.amount(spec)
        inner = inner if self.factor == _ONE else f"[{inner}] × {steps.number(self.factor)}"
        text = f"{inner} = {steps.money(self.excise)}"
        return (
            f"消费税：{text} 元（四舍五入到分）",
            f"Consumption tax: {text} CNY (half-up to 0.01)",
            {"excise": steps.money(self.excise)},
        )

    def _vat(self) -> steps.Told:
        base, full = (Fraction(n, d * 100) for n, d in (self.dutiable, self.full))
        value = f"({steps.amount(base)} + {steps.amount(full)})" if full else steps.amount(base)
        times = "" if self.factor == _ONE else f" × {steps.number(self.factor)}"
        text = f"{value} × {steps.number(self.law.vat)}{times} = {steps.money(self.vat)}"
        return (
            f"增值税：{text} 元（四舍五入到分）",
            f"Import VAT: {text} CNY (half-up to 0.01)",
            {"vat": steps.money(self.vat), "excise_in_base": steps.amount(full)},
        )


def untaxed(value: Value, law: Law) -> Taxed:
    """A line whose full tax cannot be computed: nothing is guessed, the warning says so."""
    return Taxed(
        rates={"excise": steps.number(law.excise.rate), "vat": steps.number(law.vat)},
        reasons=[steps.customs_value(value, "CNY", PRICE), *law.reasons(value.customs)],
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
