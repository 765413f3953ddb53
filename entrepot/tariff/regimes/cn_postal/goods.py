"""What an article is worth by the table and which item of the tax it falls under: the rows' parameters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from entrepot.tariff import excise
from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import measured
from entrepot.tariff.params import BadParams
from entrepot.tariff.types import LineRequest
from entrepot.tariff.types.refusals import MissingMeasure

ITEMS = ("1", "2", "3", "4")
PER = ("kg", "g", "piece", "bottle")


@dataclass(frozen=True, slots=True)
class Strength:
    """The value of a bottle of up to so many per cent of alcohol; `inclusive` says whether exactly so many is in."""

    most: Fraction
    inclusive: bool
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Table:
    """A row of the table of dutiable values 完税价格表: yuan per unit, or per bottle by its strength."""

    per: str
    amount: Fraction
    ml_most: Fraction | None = None
    strengths: tuple[Strength, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """Under which item 税目 goods fall; where thresholds decide, `below` may be unknown."""

    reached: str
    below: str | None
    name: str = ""
    thresholds: tuple[excise.Threshold, ...] = ()


def table(params: Mapping[str, Any]) -> Table:
    """`{"per": "kg", "amount": "200"}`, `{"per": "bottle", "ml_most": "750", "amount": "300"}`, or by strength:
    `{"per": "bottle", "ml_most": "750", "strengths": [{"below": "12", "amount": "100"}, {"up_to": "22", …}]}`.

    Raises BadParams."""
    read.only(params, {"per", "amount", "ml_most", "strengths"})
    per = read.text(params, "per", PER)
    if (per == "bottle") != ("ml_most" in params) or ("amount" in params) == ("strengths" in params):
        raise BadParams("a bottle has ml_most; there is an amount or there are strengths, for bottles alone")
    if "amount" in params:
        return Table(per, read.amount(params, "amount"), read.amount(params, "ml_most") if per == "bottle" else None)
    strengths = tuple(_strength(row) for row in read.rows(params, "strengths"))
    mosts = [one.most for one in strengths]
    if per != "bottle" or not mosts or mosts != sorted(mosts):
        raise BadParams("strengths of a bottle rise")
    return Table(per, Fraction(0), read.amount(params, "ml_most"), strengths)


def _strength(row: Mapping[str, Any]) -> Strength:
    read.only(row, {"below", "up_to", "amount"})
    if ("below" in row) == ("up_to" in row):
        raise BadParams("a strength is below or up_to so many per cent")
    key = "up_to" if "up_to" in row else "below"
    return Strength(read.amount(row, key), key == "up_to", read.amount(row, "amount"))


def item(params: Mapping[str, Any]) -> Item:
    """`{"item": "1"}`, or `{"class": "high-end cosmetics", "thresholds": […], "reached": "3", "below": "2"}`.

    Raises BadParams."""
    if "item" in params:
        read.only(params, {"item"})
        one = read.text(params, "item", ITEMS)
        return Item(one, one)
    read.only(params, {"class", "thresholds", "reached", "below"})
    below = read.text(params, "below", ITEMS) if "below" in params else None
    reached, name = read.text(params, "reached", ITEMS), read.text(params, "class")
    return Item(reached, below, name, excise.parse_thresholds(params))


def listed(line: LineRequest, row: Table, index: int) -> tuple[Fraction, Fraction] | None:
    """How many units the line has and yuan for each; None for what the table leaves open. Raises MissingMeasure."""
    if row.per != "bottle":
        return _measured(line, row.per, index), row.amount
    volume = _measured(line, "ml", index)
    bottles = Fraction(line.quantity)
    if row.ml_most is not None and volume > row.ml_most * bottles:
        return None
    if not row.strengths:
        return bottles, row.amount
    percent = _measured(line, "l_alcohol", index) * 100_000 / volume
    for strength in row.strengths:
        if percent < strength.most or (strength.inclusive and percent == strength.most):
            return bottles, strength.amount
    return None


def _measured(line: LineRequest, unit: str, index: int) -> Fraction:
    found = measured(line.measures, unit)
    if found is None:
        why = {
            "why_zh": "完税价格表按此计价；也可在 table_value 中给出本行的完税价格",
            "why_en": "the table of dutiable values goes by it; or give the line's value in table_value",
        }
        raise MissingMeasure(field=f"lines[{index}].measures", line=line.id, what=unit, **why)
    return found
