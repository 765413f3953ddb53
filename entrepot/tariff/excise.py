"""China's consumption tax 消费税: classes decided by legal quantity, and their charges. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from entrepot.tariff import params as read
from entrepot.tariff import steps
from entrepot.tariff.arithmetic import measured, measured_ratio
from entrepot.tariff.book import Rate
from entrepot.tariff.measures import Specific, specifics
from entrepot.tariff.params import BadParams
from entrepot.tariff.types import LineRequest, Reason
from entrepot.tariff.types.refusals import MissingMeasure

FORMS = ("ad_valorem", "compound", "by_unit_value", "unverified")
_ZERO = Fraction(0)
_COUNTED = {"piece", "sheet"}  # pieces say nothing of goods that are weighed: a jar is one whatever it costs
_UNIT_ZH = {
    "g": "克", "kg": "千克", "t": "吨", "ml": "毫升", "l": "升", "piece": "件", "sheet": "片",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charge:
    """An ad valorem rate and a specific amount (the first whose measure is known applies)."""

    rate: Fraction = _ZERO
    specific: tuple[Specific, ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """The class is reached where the dutiable value per unit of `per` is at least `at_least` (inclusive)."""

    per: str
    at_least: Fraction
    from_quantity: bool = False


@dataclass(frozen=True, slots=True)
class Excise:
    form: str
    name: str
    reached: Charge
    below: Charge
    thresholds: tuple[Threshold, ...] = ()

    @property
    def settled(self) -> bool:
        """The charge is the same whatever the line's value and measures are."""
        return not self.thresholds and not self.reached.specific and self.form != "unverified"


def parse(params: Mapping[str, Any]) -> Excise:
    """The parameters of an `excise` row. Raises BadParams."""
    form, name = params.get("form"), str(params.get("class", ""))
    if form not in FORMS:
        raise BadParams(f"form is one of {', '.join(FORMS)}")
    if form == "unverified":
        read.only(params, {"form", "class"})
        return Excise(form, name, Charge(), Charge())
    if form == "by_unit_value":
        read.only(params, {"form", "class", "thresholds", "reached", "below"})
        return Excise(
            form, name, _charge(params.get("reached")), _charge(params.get("below")), parse_thresholds(params)
        )
    read.only(params, {"form", "class", "rate", "specific"})
    charge = _charge({key: value for key, value in params.items() if key in {"rate", "specific"}})
    return Excise(form, name, charge, charge)


def parse_thresholds(params: Mapping[str, Any]) -> tuple[Threshold, ...]:
    """`{"thresholds": [{"per": "g", "at_least": "10"}, …]}`, the one that decides first. Raises BadParams."""
    made = tuple(
        Threshold(read.unit(row), read.amount(row, "at_least"), bool(row.get("from_quantity", False)))
        for row in read.rows(params, "thresholds")
    )
    if not made:
        raise BadParams("thresholds is empty")
    return made


def _charge(params: object) -> Charge:
    if not isinstance(params, Mapping):
        raise BadParams("a charge is an object with rate and specific")
    read.only(params, {"rate", "specific"})
    return Charge(read.share(params, "rate") if "rate" in params else _ZERO, specifics(params))


def composite(value: Fraction, specific: Fraction, rate: Fraction) -> Fraction:
    """Consumption tax by the composite price 组成计税价格: (P + spec) / (1 − ct) × ct + spec, in one unit of money."""
    return (value + specific) / (1 - rate) * rate + specific


@dataclass(slots=True)
class Decided:
    """The rate and the specific amount (fen) that hold for one line, and why."""

    rate: Fraction
    specific: Fraction
    reasons: list[Reason]
    warnings: list[Reason]


def decide(line: LineRequest, customs_value: int, row: Rate, index: int) -> Decided:
    """The charge of an excise row for a line of `customs_value` fen. Raises MissingMeasure."""
    law: Excise = row.formula
    if law.form == "unverified":
        why = {"why_zh": f"{law.name}：税率未核实", "why_en": f"{law.name}: the book has no verified rate"}
        raise MissingMeasure(field=f"lines[{index}].rates.excise", line=line.id, what="rates.excise", **why)
    out = Decided(law.reached.rate, _ZERO, [], [])
    charge = law.reached
    if law.thresholds:
        per, quantity, reached = class_of(line, customs_value, law.thresholds, index, out.warnings)
        charge = law.reached if reached else law.below
        out.reasons.append(_unit_value(row, law, per, (customs_value, quantity), charge))
    elif charge.rate or charge.specific or row.hs_prefix:
        out.reasons.append(steps.book_rate("消费税", "Consumption tax", row, charge.rate))
    out.rate = charge.rate
    if charge.specific:
        out.specific = _specific(line, charge, row, index, out)
    return out


def _specific(line: LineRequest, charge: Charge, row: Rate, index: int, out: Decided) -> Fraction:
    for specific in charge.specific:
        quantity = measured(line.measures, specific.per)
        if quantity is None:
            continue
        due = quantity * specific.amount
        out.reasons.append(_specific_sum(quantity, specific, due, row.source))
        if not (specific.confirmed and row.confirmed):
            out.warnings.append(steps.not_confirmed(row, line.id))
        return due * 100
    raise _missing(line, index, [specific.per for specific in charge.specific])


def class_of(
    line: LineRequest, customs_value: int, thresholds: tuple[Threshold, ...], index: int, warnings: list[Reason]
) -> tuple[Threshold, tuple[int, int], bool]:
    """The first threshold whose measure the line has decides; a warning where another one would say otherwise.

    Returns it, the line's quantity in its unit as numerator and denominator, and whether it is reached.
    Raises MissingMeasure.
    """
    decides: Threshold | None = None
    quantity, reached = (0, 1), False
    for threshold in thresholds:
        ratio = measured_ratio(line.measures, threshold.per)
        if ratio is None and threshold.from_quantity:
            ratio = line.quantity.as_integer_ratio()
        if ratio is None:
            continue
        at_least = threshold.at_least
        # value ÷ quantity ≥ at_least, in whole numbers
        reaches = customs_value * ratio[1] * at_least.denominator >= at_least.numerator * ratio[0] * 100
        if decides is None:
            decides, quantity, reached = threshold, ratio, reaches
        elif reaches != reached and threshold.per not in _COUNTED:
            warnings.append(_disagree(line.id, decides.per, threshold.per))
            break
    if decides is None:
        raise _missing(line, index, [threshold.per for threshold in thresholds])
    return decides, quantity, reached


def _missing(line: LineRequest, index: int, units: list[str]) -> MissingMeasure:
    what = " / ".join(units)
    why = {"why_zh": "消费税按此计量", "why_en": "the consumption tax is measured by it"}
    return MissingMeasure(field=f"lines[{index}].measures", line=line.id, what=what, **why)


def _unit_value(
    row: Rate, law: Excise, threshold: Threshold, of: tuple[int, tuple[int, int]], charge: Charge
) -> Reason:
    def write() -> steps.Told:
        unit_zh, at_least = _UNIT_ZH[threshold.per], steps.number(threshold.at_least, 7)
        value, (numerator, denominator) = of
        figure, reached = steps.number(Fraction(value * denominator, numerator * 100)), charge is law.reached
        zh = f"每{unit_zh}完税价格 {figure} 元" + ("达到" if reached else "低于") + f" {at_least} 元"
        en = f"{figure} CNY per {threshold.per} " + ("reaches" if reached else "stays below") + f" {at_least} CNY"
        return (
            f"{zh}：消费税税率 {steps.percent(charge.rate)}（{law.name}{'' if reached else '：否'}）",
            f"{en}: consumption tax at {steps.percent(charge.rate)} ({law.name}{'' if reached else ': no'})",
            {"unit_value": figure, "per": threshold.per, "at_least": at_least, "rate": steps.number(charge.rate)},
        )

    return Reason("excise_class", row.source, write)


def _specific_sum(quantity: Fraction, specific: Specific, due: Fraction, source: str) -> Reason:
    def write() -> steps.Told:
        each = steps.number(specific.amount, 6)
        text = f"{steps.number(quantity)} {specific.per} × {each} = {steps.number(due)}"
        figures = {
            "quantity": steps.number(quantity), "per": specific.per, "each": each, "amount": steps.number(due),
        }  # fmt: skip
        return f"从量消费税：{text} 元", f"Specific consumption tax: {text} CNY", figures

    return Reason("excise_specific", source, write)


def _disagree(line: str, decides: str, other: str) -> Reason:
    def write() -> steps.Told:
        zh, other_zh = _UNIT_ZH[decides], _UNIT_ZH[other]
        return (
            f"第 {line} 行按每{zh}与按每{other_zh}计算的消费税类别不同，以每{zh}为准；请核对法定计量单位",
            f"Line {line}: the value per {decides} and per {other} fall into different consumption-tax classes; "
            f"per {decides} decided. Check the legal unit",
            {"line": line, "decided_by": decides, "differs": other},
        )

    return Reason("measures_disagree", "财税[2016]103号", write)
