"""The measures that every regime may use: how their parameters read and what they come to. Pure.

A measure is a kind of row (`duty`, `vat`, `fee.handling` …). What stands after the first dot names a programme:
measures of different programmes add up (`additional.section_301` beside `additional.section_122`), of one programme the
row nearest to the goods speaks. Anti-dumping and quota are modelled like this and ship without data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from entrepot.tariff import params as read
from entrepot.tariff.arithmetic import measured
from entrepot.tariff.params import BadParams

Parser = Callable[[Mapping[str, Any]], object]
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Specific:
    """`amount` of money per unit of measure `per`. `confirmed` is False where a conversion in it has no source."""

    per: str
    amount: Fraction
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Levy:
    """Ad valorem and specific parts, summed; then at least `least` and at most `most` where they are given.

    `expression` is the rate as the law prints it. Specific amounts are in major units of the destination's currency.
    """

    rate: Fraction = _ZERO
    specific: tuple[Specific, ...] = ()
    least: Levy | None = None
    most: Levy | None = None
    expression: str = ""

    def units(self) -> set[str]:
        """The units of measure it cannot be computed without."""
        inner = [levy.units() for levy in (self.least, self.most) if levy is not None]
        return {specific.per for specific in self.specific}.union(*inner)


@dataclass(frozen=True, slots=True)
class Fee:
    """A fixed amount (minor units) per line, tariff subheading or parcel; or a rate with bounds. Not a tax of goods."""

    per: str  # line | subheading | parcel
    fixed: int
    rate: Fraction
    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Quota:
    """A tariff-rate quota: one levy inside the quantity, another beyond. Who may use it is the importer's proof."""

    order_number: str
    inside: Levy
    outside: Levy


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the law that the arithmetic does not reach."""

    zh: str
    en: str


class Unmeasured(LookupError):
    """A unit the levy is measured by is not known of the line; `args[0]` names it."""


def charge(levy: Levy, value: int, measures: Mapping[str, Decimal], places: int = 2) -> Fraction:
    """What a levy comes to on `value` minor units, unrounded, in minor units. Raises Unmeasured."""
    total = levy.rate * value
    for specific in levy.specific:
        quantity = measured(measures, specific.per)
        if quantity is None:
            raise Unmeasured(specific.per)
        total += quantity * specific.amount * 10**places
    if levy.least is not None:
        total = max(total, charge(levy.least, value, measures, places))
    if levy.most is not None:
        total = min(total, charge(levy.most, value, measures, places))
    return total


def levy(params: Mapping[str, Any]) -> Levy:
    """`{"rate": "0.149", "specific": [{"per": "kg", "amount": "1.035"}], "least": {…}, "most": {…}}`.

    Raises BadParams."""
    read.only(params, {"rate", "specific", "least", "most", "expression"})
    if not {"rate", "specific"} & set(params):
        raise BadParams("a levy has a rate, specific amounts, or both")
    bounds = {name: params.get(name) for name in ("least", "most")}
    for name, bound in bounds.items():
        if bound is not None and not isinstance(bound, Mapping):
            raise BadParams(f"{name} is an object with rate and specific")
    return Levy(
        rate=read.share(params, "rate", below_one=False) if "rate" in params else _ZERO,
        specific=specifics(params),
        least=levy(bounds["least"]) if bounds["least"] else None,
        most=levy(bounds["most"]) if bounds["most"] else None,
        expression=read.text(params, "expression") if "expression" in params else "",
    )


def specifics(params: Mapping[str, Any]) -> tuple[Specific, ...]:
    """`{"specific": [{"per": "t", "amount": "250", "divide_by": "988", "confirmed": false}]}`; none is fine."""
    made = []
    for row in read.rows(params, "specific") if "specific" in params else []:
        read.only(row, {"per", "amount", "divide_by", "confirmed"})
        each = read.amount(row, "amount") / (read.amount(row, "divide_by") if "divide_by" in row else 1)
        made.append(Specific(read.unit(row), each, bool(row.get("confirmed", True))))
    return tuple(made)


def rate(params: Mapping[str, Any]) -> Fraction:
    """`{"rate": "0.13"}`, below 1. Raises BadParams."""
    read.only(params, {"rate"})
    return read.share(params, "rate")


def exchange(params: Mapping[str, Any]) -> Fraction:
    """`{"rate": "7.12"}`: units of the destination's currency for one of the currency in the measure's name (`fx.USD`).

    Raises BadParams."""
    read.only(params, {"rate"})
    found = read.amount(params, "rate")
    if not found:
        raise BadParams("rate is above 0")
    return found


def fee(params: Mapping[str, Any]) -> Fee:
    """`{"per": "subheading", "fixed": "3"}` or `{"per": "parcel", "rate": "0.003464", "least": …, "most": …}`."""
    read.only(params, {"per", "fixed", "rate", "least", "most"})
    if ("fixed" in params) == ("rate" in params):
        raise BadParams("a fee has a fixed amount or a rate")
    return Fee(
        per=read.text(params, "per", ("line", "subheading", "parcel")),
        fixed=read.minor(params, "fixed") if "fixed" in params else 0,
        rate=read.share(params, "rate") if "rate" in params else _ZERO,
        least=read.minor(params, "least") if "least" in params else None,
        most=read.minor(params, "most") if "most" in params else None,
    )


def quota(params: Mapping[str, Any]) -> Quota:
    """`{"order_number": "…", "inside": levy, "outside": levy}`. Raises BadParams."""
    read.only(params, {"order_number", "inside", "outside"})
    levies = [params.get(name) for name in ("inside", "outside")]
    if not all(isinstance(one, Mapping) for one in levies):
        raise BadParams("inside and outside are levies")
    return Quota(read.text(params, "order_number"), levy(levies[0] or {}), levy(levies[1] or {}))


def group(params: Mapping[str, Any]) -> str:
    """`{"group": "RCEP"}`: the row's origin is a member. Raises BadParams."""
    read.only(params, {"group"})
    return read.text(params, "group")


def kind(params: Mapping[str, Any]) -> str:
    """`{"kind": "alcohol"}`: what sort of goods a list of the law means, in a word. Raises BadParams."""
    read.only(params, {"kind"})
    return read.text(params, "kind")


def said(params: Mapping[str, Any]) -> Said:
    """`{"zh": "…", "en": "…"}`. Raises BadParams."""
    read.only(params, {"zh", "en"})
    return Said(read.text(params, "zh"), read.text(params, "en"))


# The first word of a measure's name says how its parameters read.
GENERIC: Mapping[str, Parser] = {
    "duty": levy,
    "preference": levy,
    "additional": levy,
    "anti_dumping": levy,
    "quota": quota,
    "vat": rate,
    "fee": fee,
    "fx": exchange,
    "origin_group": group,
    "excise_goods": kind,  # a national excise is owed whose rates no book has
    "not_verified": said,  # goods whose taxes nobody has verified: nothing is computed
}


def fees_due(fee: Fee, base: int, count: int) -> int:
    """What a fee comes to: `fixed` × count, or the rate on `base` between its bounds; minor units, half-up."""
    if fee.fixed or not fee.rate:
        return fee.fixed * count
    due = (2 * base * fee.rate.numerator + fee.rate.denominator) // (2 * fee.rate.denominator)
    due = due if fee.least is None else max(due, fee.least)
    return due if fee.most is None else min(due, fee.most)
