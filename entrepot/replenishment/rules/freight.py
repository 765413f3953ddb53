"""Freight that several lines share: who states it, who bears which part, and which part nobody can tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from statistics import median_low

from entrepot.kit.money import allocate, to_minor
from entrepot.replenishment.types import Basis, FreightKind

_SEE = re.compile(r"See (?P<document>\S+) \(ID#:(?P<line>\d+)\)")
_SAID = {"freight included in commodity cost": FreightKind.INCLUDED, "invoiced separately": FreightKind.SEPARATE}
CHAIN_MAX = 20
SUM_MAX, WEIGHT_MAX_KG = Decimal(10**9), 10**6  # of one line: more is a slip of the pen

# Why a line bears no known freight.
LINE_MISSING, OTHER_DOCUMENT, CIRCLE, WORDS = "line_missing", "other_document", "circle", "words_unknown"
STATED_NOWHERE = {FreightKind.SEPARATE: "invoiced_separately", FreightKind.UNKNOWN: WORDS}


@dataclass(frozen=True, slots=True)
class Goods:
    """One line as a freight bill sees it. `freight` and `weight` word for word."""

    line: str
    consignment: str
    article: str
    quantity: int
    value_minor: int
    freight: str
    weight: str


@dataclass(frozen=True, slots=True)
class Borne:
    """What a line says, whose freight it shares in, what it bears and by which basis; or why that is not known."""

    kind: FreightKind
    group: str
    freight_minor: int | None
    weight_g: int | None
    basis: Basis | None
    unresolved: str = ""


def kind_of(freight: str) -> FreightKind:
    if _SEE.fullmatch(freight):
        return FreightKind.SHARED
    if _number(freight) is not None:
        return FreightKind.STATED
    return _SAID.get(freight.lower(), FreightKind.UNKNOWN)


def stated_minor(one: Goods, currency: str) -> int:
    """The sum that a line states itself, 0 for one that states none."""
    return minor(one.freight, currency) or 0


def resolve(lines: Sequence[Goods], currency: str) -> dict[str, Borne]:
    """What every line bears, by line. What a group states is shared among its lines to the last cent, also its weight.

    A unit's weight is known for an article that somewhere was weighed alone; a group all of whose articles are known
    so is shared by weight, any other by the worth of the goods, and nothing is shared where no sum is stated.
    """
    by_line = {one.line: one for one in lines}
    heads = {one.line: _head(one, by_line) for one in lines}
    groups: dict[str, list[Goods]] = defaultdict(list)
    found = {}
    for one in lines:
        head, why = heads[one.line]
        if why:
            found[one.line] = Borne(kind_of(one.freight), "", None, None, None, why)
        else:
            groups[head].append(one)
    weights = unit_weights(groups.values())
    for head, members in groups.items():
        found |= _shared(by_line[head], members, weights, currency)
    return found


def unit_weights(groups: Iterable[Sequence[Goods]]) -> dict[str, Fraction]:
    """Grams of one unit by article, where it was weighed alone: the middle one of its weighings."""
    seen: dict[str, list[Fraction]] = defaultdict(list)
    for members in groups:
        grams = _grams(members[0].weight)
        if len(members) == 1 and grams and members[0].quantity:
            seen[members[0].article].append(Fraction(grams, members[0].quantity))
    return {article: median_low(weighings) for article, weighings in seen.items()}


def _head(one: Goods, by_line: Mapping[str, Goods]) -> tuple[str, str]:
    """The line at the end of the references, or why there is none."""
    passed = {one.line}
    while (told := _SEE.fullmatch(one.freight)) is not None:
        there = by_line.get(told["line"])
        if there is None:
            return "", LINE_MISSING
        if there.consignment != told["document"]:
            return "", OTHER_DOCUMENT
        if there.line in passed or len(passed) > CHAIN_MAX:
            return "", CIRCLE
        passed.add(there.line)
        one = there
    return one.line, ""


def _shared(
    head: Goods, members: Sequence[Goods], weights: Mapping[str, Fraction], currency: str
) -> Mapping[str, Borne]:
    stated, basis, parts = kind_of(head.freight), *_parts(members, weights)
    freight = 0 if stated is FreightKind.INCLUDED else minor(head.freight, currency)
    why = STATED_NOWHERE.get(stated, "")
    shares: Sequence[int | None] = [None] * len(members) if freight is None else allocate(freight, parts)
    grams = _grams(head.weight)
    weighed: Sequence[int | None] = [None] * len(members) if grams is None else allocate(grams, parts)
    return {
        one.line: Borne(kind_of(one.freight), head.line, share, weight, None if why else basis, why)
        for one, share, weight in zip(members, shares, weighed, strict=True)
    }


def _parts(members: Sequence[Goods], weights: Mapping[str, Fraction]) -> tuple[Basis, list[int | Fraction]]:
    if len(members) == 1:
        return Basis.ALONE, [1]
    if all(one.article in weights for one in members):
        return Basis.WEIGHT, [weights[one.article] * one.quantity for one in members]
    return Basis.VALUE, [one.value_minor for one in members]


def _number(text: str) -> Decimal | None:
    """A sum or a weight that is not negative, and not more than one can be."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number < SUM_MAX else None


def minor(text: str, currency: str) -> int | None:
    """A sum in minor units, None for what cannot be one."""
    number = _number(text)
    return None if number is None else to_minor(number, currency)


def _grams(text: str) -> int | None:
    number = _number(text)
    return None if number is None or number > WEIGHT_MAX_KG else int((number * 1000).to_integral_value())
