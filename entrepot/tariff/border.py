"""What regimes share that tax goods as they cross: duty on the customs value, excise, VAT on all three. Pure.

Everything is exact until `settle`, where the regime's own rounding is applied; parts of a sum always add up to it. Of a
line for which nobody gave a rate nothing is computed, and the warning says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from entrepot.kit.money import exponent
from entrepot.tariff import duties, steps
from entrepot.tariff.arithmetic import given_rate
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.regime import Taxed, needed, unconfirmed
from entrepot.tariff.types import LineRequest, Reason, Value

Rounding = Callable[[Sequence[Fraction]], list[int]]
NAMES = {"duty": ("关税", "Duty"), "excise": ("消费税", "Excise"), "vat": ("增值税", "VAT")}
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Border:
    """Where and when goods cross. `source` is the law of the customs value."""

    books: Books
    day: date
    currency: str
    source: str

    @property
    def places(self) -> int:
        return exponent(self.currency)

    def money(self, minor: Fraction | int) -> str:
        """An amount as a person writes it: at least the currency's places, more where it is not whole."""
        value = Fraction(minor)
        if value.denominator == 1:
            return steps.money(value.numerator, self.places)
        return steps.number(value / 10**self.places, self.places + 4)


@dataclass(slots=True)
class Owed:
    """What one line owes, exact, in minor units. `missing` names the taxes for which nobody gave a rate."""

    line: LineRequest
    value: Value
    index: int
    duty: Fraction = _ZERO
    excise: Fraction = _ZERO
    vat: Fraction = _ZERO
    fees: int = 0
    rates: dict[str, str] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    warnings: list[Reason] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    sums: dict[str, tuple[str, str]] = field(default_factory=dict)  # tax: the sum as a person writes it, and its source


def begin(lines: Sequence[LineRequest], values: Sequence[Value], border: Border) -> list[Owed]:
    """The lines with their customs values. Raises UnknownHsCode, BadAmount."""
    begun = []
    for index, (line, value) in enumerate(zip(lines, values, strict=True)):
        duties.check(line, index)
        begun.append(Owed(line, value, index, reasons=[steps.customs_value(value, border.currency, border.source)]))
    return begun


def add_duty(owed: Owed, border: Border) -> None:
    """The tariff: the asker's rate, else the books' rows with what is added to them. Raises MissingMeasure."""
    line, customs = owed.line, owed.value.customs
    levies = duties.asked(line, owed.index) or duties.found(line, border.books, border.day)
    if levies is None:
        owed.missing.append(
            ("关税税率不在税率簿中（可在 rates.duty 中给出）", "no duty rate is known (it may be given as rates.duty)")
        )
        return
    owed.warnings += unconfirmed((row for row, _ in levies), line.id)
    owed.duty, _ = duties.charged(line, customs, levies, owed.index, border.currency)
    shown = [levy.expression or steps.percent(levy.rate) for _, levy in levies]
    owed.rates["duty"] = steps.number(owed.duty / customs if customs else levies[0][1].rate)
    source = "request" if levies[0][0] is None else levies[0][0].source
    owed.sums["duty"] = f"{border.money(customs)} × {' + '.join(shown)}", source


def preference(line: LineRequest, border: Border) -> Rate | None:
    """The preferential rate, if the origin is proven and a book knows one."""
    return border.books.find("preference", border.day, line.hs_code, line.origin) if line.proof_of_origin else None


def no_duty(owed: Owed, why: Reason) -> None:
    owed.rates["duty"] = "0"
    owed.reasons.append(why)


def is_excise_goods(owed: Owed, border: Border) -> bool:
    """Alcohol, tobacco and what else the books list: a national excise is owed."""
    return border.books.find("excise_goods", border.day, owed.line.hs_code) is not None


def add_excise(owed: Owed, border: Border) -> None:
    """Excise at the asker's rate on value and duty. Excise goods without one are not computed."""
    if owed.line.rates.excise is None:
        if is_excise_goods(owed, border):
            owed.missing.append(
                (
                    "消费税（特种税）税率未载入（可在 rates.excise 中给出）",
                    "the excise rate is not in the books (it may be given as rates.excise)",
                )
            )
        return
    rate = given_rate(owed.line, "excise", owed.index)
    base = owed.value.customs + owed.duty
    owed.excise = base * rate
    owed.rates["excise"] = steps.number(rate)
    owed.sums["excise"] = f"{border.money(base)} × {steps.number(rate)}", "request"


def add_vat(owed: Owed, border: Border, *, standard: bool = True) -> None:
    """VAT on value with freight and insurance, duty and excise. Raises NoBook.

    `standard` False: these goods have a reduced rate, so the general row does not speak for them.
    """
    line = owed.line
    if line.rates.vat is not None:
        rate = given_rate(line, "vat", owed.index)
        told, source = steps.given("增值税", "VAT", rate), "request"
    else:
        row = needed(border.books, "vat", border.day, f"VAT {border.books.destination}", line.hs_code, line.origin)
        if not (standard or row.hs_prefix):
            owed.missing.append(
                (
                    "适用的低税率未载入（可在 rates.vat 中给出）",
                    "the reduced VAT rate is not in the books (it may be given as rates.vat)",
                )
            )
            return
        owed.warnings += unconfirmed((row,), line.id)
        rate, source = row.formula, row.source
        told = steps.book_rate("增值税", "VAT", row, rate)
    base = owed.value.customs + owed.duty + owed.excise
    owed.vat = base * rate
    owed.rates["vat"] = steps.number(rate)
    owed.reasons.append(told)
    owed.sums["vat"] = f"{border.money(base)} × {steps.number(rate)}", source


def no_vat(owed: Owed) -> None:
    """Exempt; the reason stands with the duty or with the consignment."""
    owed.rates["vat"] = "0"


def let_off(owed: Owed, why: Reason) -> None:
    """VAT was worked out and is not levied."""
    owed.vat = _ZERO
    owed.sums.pop("vat", None)
    owed.reasons.append(why)


def settle(owed: Sequence[Owed], border: Border, rounding: Rounding) -> tuple[list[tuple[Value, Taxed]], list[Reason]]:
    """Rounded lines and the warnings that go with them."""
    known = [one for one in owed if not one.missing]
    amounts: dict[int, list[int]] = {one.index: [] for one in known}
    for parts in ([one.duty for one in known], [one.excise for one in known], [one.vat for one in known]):
        for one, amount in zip(known, rounding(parts) if parts else (), strict=True):
            amounts[one.index].append(amount)
    worked, warnings = [], []
    for one in owed:
        if one.missing:
            warnings += [steps.not_verified(one.line.id, *what, "") for what in one.missing]
            worked.append((one.value, Taxed(fees=one.fees, reasons=one.reasons)))
            continue
        duty, excise, vat = amounts[one.index]
        exact = {"duty": (one.duty, duty), "excise": (one.excise, excise), "vat": (one.vat, vat)}
        one.reasons += [_sum(tax, *told, exact[tax], border) for tax, told in one.sums.items()]
        warnings += one.warnings
        worked.append((one.value, Taxed(duty, excise, vat, one.fees, one.rates, one.reasons)))
    return worked, warnings


def _sum(tax: str, formula: str, source: str, amounts: tuple[Fraction, int], border: Border) -> Reason:
    """A tax as it was computed; where rounding made a difference the exact amount is shown before it."""

    def write() -> steps.Told:
        exact, result = border.money(amounts[0]), border.money(amounts[1])
        text = f"{formula} = {result}" if exact == result else f"{formula} = {exact} → {result}"
        zh, en = NAMES[tax]
        return f"{zh}：{text} {border.currency}", f"{en}: {text} {border.currency}", {tax: result}

    return Reason(tax, source, write)
