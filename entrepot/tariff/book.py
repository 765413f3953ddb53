"""A rate book as a frozen object: dated rows, found by measure, HS prefix, origin and day. Pure, no ORM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

MEASURES = ("cbec_limit", "cbec_relief", "vat", "excise", "duty")
FORMS = ("ad_valorem", "compound", "by_unit_value", "unverified")
UNITS = ("g", "kg", "t", "ml", "l", "piece", "sheet")
SINGLE_ITEM = ("full_tax", "general_trade")


class BadParams(ValueError):
    """Formula parameters that the measure does not know; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Specific:
    """`amount` yuan per unit of measure `per`. `confirmed` is False where a conversion in it has no source."""

    per: str
    amount: Fraction
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Charge:
    """An ad valorem rate and a specific amount (the first whose measure is known applies)."""

    rate: Fraction = Fraction(0)
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


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits in minor units of the destination's currency, both inclusive."""

    single: int
    annual: int
    single_item: str


@dataclass(frozen=True, slots=True)
class Relief:
    duty: Fraction
    factor: Fraction


Formula = Fraction | Excise | Limit | Relief


@dataclass(frozen=True, slots=True)
class Rate:
    """One row. `valid_to` is the first day it no longer holds; `origin` "" means any."""

    hs_prefix: str
    origin: str
    destination: str
    measure: str
    params: Mapping[str, Any]
    valid_from: date
    valid_to: date | None
    confirmed: bool
    source: str
    note: str
    formula: Formula

    def on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @property
    def key(self) -> str:
        """The row's name in a difference report."""
        return f"{self.measure} {self.destination} {self.hs_prefix or '*'} {self.origin or '*'} {self.valid_from}"


@dataclass(frozen=True, slots=True)
class Book:
    """`find` gives the row of the longest HS prefix, a row for the origin before one for any."""

    code: str
    as_of: date
    destination: str
    rates: tuple[Rate, ...]
    _by_key: Mapping[tuple[str, str, str], tuple[Rate, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key: dict[tuple[str, str, str], list[Rate]] = {}
        for rate in self.rates:
            by_key.setdefault((rate.measure, rate.hs_prefix, rate.origin), []).append(rate)
        object.__setattr__(self, "_by_key", {key: tuple(rates) for key, rates in by_key.items()})

    def find(self, measure: str, day: date, hs_code: str = "", origin: str = "") -> Rate | None:
        for length in range(len(hs_code), -1, -1):
            found = [
                rate
                for place in ((origin, "") if origin else ("",))
                for rate in self._by_key.get((measure, hs_code[:length], place), ())
                if rate.on(day)
            ]
            if found:
                return found[0]
        return None


def overlaps(rates: Iterable[Rate]) -> list[tuple[int, int]]:
    """Pairs of positions of rows that speak for the same goods on the same day: a book must have none."""
    by_key: dict[tuple[str, str, str, str], list[tuple[int, Rate]]] = {}
    for i, rate in enumerate(rates):
        by_key.setdefault((rate.destination, rate.measure, rate.hs_prefix, rate.origin), []).append((i, rate))
    pairs = []
    for same in by_key.values():
        same.sort(key=lambda pair: pair[1].valid_from)
        for (i, a), (j, b) in zip(same, same[1:], strict=False):
            if a.valid_to is None or b.valid_from < a.valid_to:
                pairs.append((i, j))
    return pairs


def formula(measure: str, params: Mapping[str, Any]) -> Formula:
    """The parameters of a row, checked and exact. Raises BadParams."""
    if measure in {"vat", "duty"}:
        _only(params, {"rate"})
        return _share(params, "rate", below_one=measure == "vat")
    if measure == "cbec_limit":
        _only(params, {"single", "annual", "single_item"})
        if params.get("single_item") not in SINGLE_ITEM:
            raise BadParams(f"single_item is one of {', '.join(SINGLE_ITEM)}")
        return Limit(_minor(params, "single"), _minor(params, "annual"), params["single_item"])
    if measure == "cbec_relief":
        _only(params, {"duty", "factor"})
        return Relief(_share(params, "duty"), _share(params, "factor"))
    if measure == "excise":
        return _excise(params)
    raise BadParams(f"unknown measure {measure!r}; known: {', '.join(MEASURES)}")


def _excise(params: Mapping[str, Any]) -> Excise:
    form, name = params.get("form"), str(params.get("class", ""))
    if form not in FORMS:
        raise BadParams(f"form is one of {', '.join(FORMS)}")
    if form == "unverified":
        _only(params, {"form", "class"})
        return Excise(form, name, Charge(), Charge())
    if form == "by_unit_value":
        _only(params, {"form", "class", "thresholds", "reached", "below"})
        thresholds = tuple(
            Threshold(_unit(row), _amount(row, "at_least"), bool(row.get("from_quantity", False)))
            for row in _rows(params, "thresholds")
        )
        if not thresholds:
            raise BadParams("thresholds is empty")
        return Excise(form, name, _charge(params.get("reached")), _charge(params.get("below")), thresholds)
    _only(params, {"form", "class", "rate", "specific"})
    charge = _charge({key: value for key, value in params.items() if key in {"rate", "specific"}})
    return Excise(form, name, charge, charge)


def _charge(params: object) -> Charge:
    if not isinstance(params, Mapping):
        raise BadParams("a charge is an object with rate and specific")
    _only(params, {"rate", "specific"})
    rate = _share(params, "rate") if "rate" in params else Fraction(0)
    specific = tuple(
        Specific(
            _unit(row),
            _amount(row, "amount") / (_amount(row, "divide_by") if "divide_by" in row else 1),
            bool(row.get("confirmed", True)),
        )
        for row in (_rows(params, "specific") if "specific" in params else [])
    )
    return Charge(rate, specific)


def _rows(params: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = params.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise BadParams(f"{key} is a list of objects")
    return rows


def _only(params: Mapping[str, Any], keys: set[str]) -> None:
    strange = sorted(set(params) - keys)
    if strange:
        raise BadParams(f"unknown parameter {', '.join(strange)}")


def _unit(row: Mapping[str, Any]) -> str:
    if row.get("per") not in UNITS:
        raise BadParams(f"per is one of {', '.join(UNITS)}")
    return str(row["per"])


def _amount(params: Mapping[str, Any], key: str) -> Fraction:
    value = params.get(key)
    if not isinstance(value, str):
        raise BadParams(f"{key} is a decimal in quotes")
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise BadParams(f"{key} is a decimal in quotes") from error
    if not amount.is_finite() or amount < 0 or amount > 10**9 or (key == "divide_by" and amount == 0):
        raise BadParams(f"{key} is out of range")
    return Fraction(amount)


def _share(params: Mapping[str, Any], key: str, *, below_one: bool = True) -> Fraction:
    share = _amount(params, key)
    if key == "factor":
        if share > 1:
            raise BadParams("factor is at most 1")
    elif below_one and share >= 1:
        raise BadParams(f"{key} is below 1: 0.13 means 13 %")
    elif share > 10:
        raise BadParams(f"{key} is at most 10: 0.13 means 13 %")
    return share


def _minor(params: Mapping[str, Any], key: str) -> int:
    minor = _amount(params, key) * 100
    if minor.denominator != 1:
        raise BadParams(f"{key} has at most two places")
    return minor.numerator
