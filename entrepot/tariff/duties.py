"""The duty of a line on a base of the regime's choosing: the asker's rate, else the books' rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from entrepot.kit.money import exponent
from entrepot.tariff import steps
from entrepot.tariff.arithmetic import check_measures, given_rate, measured, rounded
from entrepot.tariff.book import Books, Rate
from entrepot.tariff.measures import Levy, Unmeasured, charge
from entrepot.tariff.params import UNITS
from entrepot.tariff.regime import check_code
from entrepot.tariff.types import LineRequest, Reason, Value
from entrepot.tariff.types.refusals import MissingMeasure

Levies = tuple[tuple[Rate | None, Levy], ...]  # with the row each is from; None for the asker's


def check(line: LineRequest, index: int) -> None:
    """Raises UnknownHsCode, BadAmount."""
    check_code(line, index)
    check_measures(line, index)


def asked(line: LineRequest, index: int) -> Levies | None:
    """The asker's duty rate, which stands for all of the duty; None where none was given. Raises BadAmount."""
    return None if line.rates.duty is None else ((None, Levy(given_rate(line, "duty", index))),)


def found(line: LineRequest, books: Books, day: date) -> Levies | None:
    """The tariff's duty and all that is added to it; None where no book has the duty. A preference needs its proof."""
    at = (day, line.hs_code, line.origin)
    first = (books.find("preference", *at) if line.proof_of_origin else None) or books.find("duty", *at)
    if first is None:
        return None
    return of_rows((first, *books.every("additional", *at), *books.every("anti_dumping", *at)))


def of_rows(rows: Sequence[Rate]) -> Levies:
    return tuple((row, row.formula) for row in rows)


def charged(line: LineRequest, base: int, levies: Levies, index: int, currency: str) -> tuple[Fraction, list[Reason]]:
    """All levies on `base` (minor units), unrounded, and a step for each. Raises MissingMeasure.

    What the line is counted in ("3 kg", "2 pair") is a measure of it too.
    """
    places = exponent(currency)
    known = {line.unit: line.quantity, **line.measures} if line.unit in UNITS else line.measures
    total, told = Fraction(0), []
    for row, levy in levies:
        try:
            due = charge(levy, base, known, places)
        except Unmeasured as missing:
            why = {"why_zh": "关税按此计量", "why_en": "the duty is measured by it"}
            at = f"lines[{index}].measures"
            raise MissingMeasure(field=at, line=line.id, what=missing.args[0], **why) from missing
        total += due
        told.append(_sum(base, row, levy, due, (currency, known)))
    return total, told


def share_of(due: Fraction, base: int) -> str:
    """A duty as a rate on its base, for people."""
    return steps.number(due / base) if base else "0"


def free_on_board(value: Value) -> Value:
    """Without freight and insurance to the border (FOB)."""
    return Value(value.goods, value.discount, 0, 0)


def fob_value(value: Value, currency: str, source: str) -> Reason:
    """How the customs value of a line came to be where freight and insurance are no part of it."""

    def write() -> steps.Told:
        places = exponent(currency)
        goods, discount, whole = (steps.money(n, places) for n in (value.goods, value.discount, value.customs))
        text = f"{goods} − {discount} = {whole} {currency}"
        return (
            f"完税价格（FOB，不含国际运费和保险费）= 货款 − 公开折扣：{text}",
            f"Customs value (FOB, freight and insurance to the border are no part of it) = goods − discount: {text}",
            {"goods": goods, "discount": discount, "customs_value": whole},
        )

    return Reason("customs_value", source, write)


def _sum(base: int, row: Rate | None, levy: Levy, due: Fraction, told_in: tuple[str, Mapping[str, Decimal]]) -> Reason:
    """A levy on the value alone is a product; of any other the value and the quantities stand behind its text."""
    currency, known = told_in

    def write() -> steps.Told:
        places = exponent(currency)
        how, value = levy.expression or steps.percent(levy.rate), steps.money(base, places)
        result = steps.money(rounded(due), places)
        name = "" if row is None or row.measure == "duty" else f" ({row.measure})"
        if levy == Levy(levy.rate, expression=levy.expression):
            text = f"{value} × {how}"
        else:
            quantities = [
                f"{steps.number(measured(known, unit) or Fraction(0))} {unit}" for unit in sorted(levy.units())
            ]
            text = f"{how} [{', '.join((value, *quantities))}]"
        text += f" = {result} {currency}"
        return f"关税{name}：{text}", f"Duty{name}: {text}", {"duty": result}

    return Reason("duty", row.source if row else "request", write)
