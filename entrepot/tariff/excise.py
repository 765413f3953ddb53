"""China's consumption tax 消费税: classes decided by legal quantity, and their charges. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import msgspec

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

# Classes as rows name them and as the consumption-tax regulations (消费税税目) do; an importer's own stay as written.
_CLASS_ZH = {
    "high-end cosmetics": "高档化妆品", "high-end watches": "高档手表", "beer of the higher price class": "甲类啤酒",
    "vermouth and other flavoured wine": "味美思酒及其他加香葡萄酒", "other fermented beverages": "其他发酵饮料",
    "tobacco": "烟", "pearls": "珍珠", "jewellery": "首饰", "articles of pearls or precious stones": "珍珠或宝石制品",
    "motorcycles": "摩托车", "golf clubs": "高尔夫球杆", "golf balls": "高尔夫球",
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


def class_zh(name: str) -> str:
    """A class's name in Chinese."""
    return _CLASS_ZH.get(name, name)


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


class Class(msgspec.Struct, frozen=True, gc=False):
    """The class of a line: the threshold that decided, the quantity in its unit (numerator and denominator), whether
    it is reached, and another threshold that says otherwise."""

    per: Threshold
    quantity: tuple[int, int]
    reached: bool
    differs: Threshold | None = None

    def warnings(self, line: LineRequest) -> list[Reason]:
        return [] if self.differs is None else [_disagree(line.id, self.per.per, self.differs.per)]


class Decided(msgspec.Struct, frozen=True, gc=False):
    """The rate and the specific amount (fen) that hold for a line, and what they were decided by."""

    rate: Fraction
    specific: Fraction = _ZERO
    row: Rate | None = None  # None where the asker gave the rate
    found: Class | None = None
    measured: tuple[Specific, Fraction] | None = None  # the specific amount that applies, and the quantity it is for

    def reasons(self, customs_value: int) -> list[Reason]:
        """The steps, for a line of `customs_value` fen."""
        if (row := self.row) is None:
            return [steps.given("消费税", "consumption tax", self.rate)]
        told: list[Reason] = []
        law: Excise = row.formula
        if self.found is not None:
            told.append(_unit_value(row, law, self.found, customs_value, self.rate))
        elif self.rate or law.reached.specific or row.hs_prefix:
            told.append(steps.book_rate("消费税", "Consumption tax", row, self.rate))
        if self.measured is not None:
            told.append(_specific_sum(*self.measured, row.source))
        return told

    def warnings(self, line: LineRequest) -> list[Reason]:
        told = [] if self.found is None else self.found.warnings(line)
        if self.row and not (self.row.confirmed and (self.measured is None or self.measured[0].confirmed)):
            told.append(steps.not_confirmed(self.row, line.id))
        return told


def decide(line: LineRequest, customs_value: int, row: Rate, index: int) -> Decided:
    """The charge of an excise row for a line of `customs_value` fen. Raises MissingMeasure."""
    law: Excise = row.formula
    if law.form == "unverified":
        why = {"why_zh": f"{class_zh(law.name)}：税率未核实", "why_en": f"{law.name}: the book has no verified rate"}
        raise MissingMeasure(field=f"lines[{index}].rates.excise", line=line.id, what="rates.excise", **why)
    found = class_of(line, customs_value, law.thresholds, index) if law.thresholds else None
    charge = law.reached if found is None or found.reached else law.below
    if not charge.specific:
        return Decided(charge.rate, _ZERO, row, found)
    specific, quantity = _specific(line, charge, index)
    return Decided(charge.rate, quantity * specific.amount * 100, row, found, (specific, quantity))


def _specific(line: LineRequest, charge: Charge, index: int) -> tuple[Specific, Fraction]:
    """The first specific amount whose measure is known, and the quantity."""
    for specific in charge.specific:
        if (quantity := measured(line.measures, specific.per)) is not None:
            return specific, quantity
    raise _missing(line, index, [specific.per for specific in charge.specific])


def class_of(line: LineRequest, customs_value: int, thresholds: Sequence[Threshold], index: int) -> Class:
    """The first threshold whose measure the line has decides; another one may say otherwise. Raises MissingMeasure."""
    decides: Class | None = None
    for threshold in thresholds:
        ratio = measured_ratio(line.measures, threshold.per)
        if ratio is None and threshold.from_quantity:
            ratio = line.quantity.as_integer_ratio()
        if ratio is None:
            continue
        quantity, quantities = ratio
        least, leasts = threshold.at_least.as_integer_ratio()
        # value ÷ quantity ≥ at_least, in whole numbers
        reached = customs_value * quantities * leasts >= least * quantity * 100
        if decides is None:
            decides = Class(threshold, ratio, reached)
        elif reached != decides.reached and threshold.per not in _COUNTED:
            return Class(decides.per, decides.quantity, decides.reached, threshold)
    if decides is None:
        raise _missing(line, index, [threshold.per for threshold in thresholds])
    return decides


def _missing(line: LineRequest, index: int, units: list[str]) -> MissingMeasure:
    what = " / ".join(units)
    why = {"why_zh": "消费税按此计量", "why_en": "the consumption tax is measured by it"}
    return MissingMeasure(field=f"lines[{index}].measures", line=line.id, what=what, **why)


def _unit_value(row: Rate, law: Excise, found: Class, value: int, rate: Fraction) -> Reason:
    def write() -> steps.Told:
        per, reached, (numerator, denominator) = found.per.per, found.reached, found.quantity
        unit_zh, at_least = _UNIT_ZH[per], steps.number(found.per.at_least, 7)
        figure = steps.number(Fraction(value * denominator, numerator * 100))
        zh = f"每{unit_zh}完税价格 {figure} 元" + ("达到" if reached else "低于") + f" {at_least} 元"
        en = f"{figure} CNY per {per} " + ("reaches" if reached else "stays below") + f" {at_least} CNY"
        return (
            f"{zh}：消费税税率 {steps.percent(rate)}（{class_zh(law.name)}{'' if reached else '：否'}）",
            f"{en}: consumption tax at {steps.percent(rate)} ({law.name}{'' if reached else ': no'})",
            {"unit_value": figure, "per": per, "at_least": at_least, "rate": steps.number(rate)},
        )

    return Reason("excise_class", row.source, write)


def _specific_sum(specific: Specific, quantity: Fraction, source: str) -> Reason:
    def write() -> steps.Told:
        due = quantity * specific.amount
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
