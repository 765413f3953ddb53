"""How Japan adds up (国税通則法第118条, 第119条, 関税法第13条の4, 関税法基本通達13の4-2; Customs Answer 1111). Pure.

Goods of one code, origin and rates are one column (欄) of the declaration. Per column: the value without what is below
1,000 yen × rate is the duty; value + duty without what is below 100 yen, again without what is below 1,000 yen, × the
national rate is the consumption tax; the local tax is a share of it. Each of the three is added over the columns, and
what is below 100 yen of the sum is dropped. The sums are then shared by column and by line, so that lines add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from entrepot.kit.money import allocate
from entrepot.tariff import steps
from entrepot.tariff.arithmetic import cut
from entrepot.tariff.book import Rate
from entrepot.tariff.duties import charged
from entrepot.tariff.parcels import Law, duty_sources
from entrepot.tariff.regime import Taxed
from entrepot.tariff.types import LineRequest

JPY = "JPY"
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Rounding:
    """What is dropped, in yen: below `base` of what is taxed, below `tax` of a tax."""

    base: int
    tax: int


@dataclass(frozen=True, slots=True)
class Line:
    index: int
    line: LineRequest
    value: int
    law: Law


@dataclass(slots=True)
class _Column:
    lines: list[Line]
    value: int
    duty: int
    excise: int
    taxable: int  # the base of the consumption tax, what is dropped being dropped
    national: int
    local: int


def taxed(lines: Sequence[Line], local: Rate, rounding: Rate) -> dict[int, Taxed]:
    """Each line's taxes, by its place in the request. Raises MissingMeasure."""
    drop: Rounding = rounding.formula
    columns = [_column(same, local.formula, drop) for same in _columns(lines)]
    duty = _down(sum(column.duty for column in columns), drop.tax)
    national = _down(sum(column.national for column in columns), drop.tax)
    locally = _down(sum(column.local for column in columns), drop.tax)
    duties = allocate(duty, [column.duty for column in columns])
    vats = [
        a + b
        for a, b in zip(
            allocate(national, [column.national for column in columns]),
            allocate(locally, [column.local for column in columns]),
            strict=True,
        )
    ]
    made: dict[int, Taxed] = {}
    for column, due, vat in zip(columns, duties, vats, strict=True):
        weights = [each.value for each in column.lines]
        shares = zip(allocate(due, weights), allocate(column.excise, weights), allocate(vat, weights), strict=True)
        for each, (one_duty, one_excise, one_vat) in zip(column.lines, shares, strict=True):
            made[each.index] = _told(column, each.law, Taxed(one_duty, one_excise, one_vat), local, rounding)
    return made


def _columns(lines: Sequence[Line]) -> list[list[Line]]:
    found: dict[tuple[object, ...], list[Line]] = {}
    for each in lines:
        line = each.line
        key = (line.hs_code, line.origin, line.unit, line.rates, line.proof_of_origin, tuple(sorted(line.measures)))
        found.setdefault(key, []).append(each)
    return list(found.values())


def _column(lines: list[Line], share: Fraction, drop: Rounding) -> _Column:
    first, law = lines[0], lines[0].law
    assert law.excise is not None and law.duty is not None
    value = sum(each.value for each in lines)
    measures = {unit: sum((each.line.measures[unit] for each in lines), Decimal(0)) for unit in first.line.measures}
    quantity = sum((each.line.quantity for each in lines), Decimal(0))
    whole = replace(first.line, quantity=quantity, measures=measures)
    exact, _ = charged(whole, _down(value, drop.base), law.duty, first.index, "JPY")
    duty = cut(exact)
    paid = _down(duty, drop.tax)
    excise = _down(cut((value + paid) * law.excise), drop.tax)
    taxable = _down(value + paid + excise, drop.base)
    national = cut(taxable * law.vat * (_ONE - share))
    local = cut(_down(national, drop.tax) * share / (_ONE - share))
    return _Column(lines, value, duty, excise, taxable, national, local)


def _down(yen: int, unit: int) -> int:
    return yen // unit * unit


def _told(column: _Column, law: Law, out: Taxed, local: Rate, rounding: Rate) -> Taxed:
    """The rates applied, and the column's sums as a person would write them."""
    drop: Rounding = rounding.formula
    share: Fraction = local.formula
    base = _down(column.value, drop.base)
    levies = law.duty or ()
    how = " + ".join(levy.expression or steps.number(levy.rate) for _, levy in levies)
    out.rates = {
        "duty": steps.number(sum((levy.rate for _, levy in levies), Fraction(0))),
        "excise": steps.number(law.excise or Fraction(0)),
        "vat": steps.number(law.vat),
    }
    national, whole = steps.number(law.vat * (1 - share)), f"{column.taxable} × {steps.number(law.vat * (1 - share))}"
    dropped_zh = f"各税合计后舍去 {drop.tax} 日元以下零数"
    dropped_en = f"of the sum of all columns what is below {drop.tax} yen is dropped"
    out.reasons = [
        *law.reasons,
        steps.summed(
            "duty_column", ("关税（本栏，课税价格舍去零数）", "Duty of the column, on the value rounded down"),
            f"{base} × ({how})", column.duty, JPY, duty_sources(law),
        ),
        steps.summed(
            "vat_column", (f"消费税（国税 {national}，本栏）", f"National consumption tax of the column at {national}"),
            whole, column.national, JPY, law.vat_source,
        ),
        steps.summed(
            "local_column", ("地方消费税（本栏）", "Local consumption tax of the column"),
            f"{_down(column.national, drop.tax)} × {steps.number(share / (1 - share))}", column.local, JPY,
            local.source,
        ),
        steps.plain("rounded_down", rounding.source, dropped_zh, dropped_en, unit=str(drop.tax)),
    ]  # fmt: skip
    return out
