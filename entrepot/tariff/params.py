"""Reading a row's parameters: strict, exact, with a message for the person who wrote the row."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

UNITS = (
    "g", "kg", "t", "ml", "l", "piece", "sheet", "pair", "dozen", "gross", "thousand", "m", "m2", "m3", "carat",
    "l_alcohol", "proof_l",
)  # fmt: skip
AMOUNT_MAX = 10**9


class BadParams(ValueError):
    """Formula parameters that the measure does not know; the message is for a person."""


def only(params: Mapping[str, Any], keys: set[str]) -> None:
    """Raises BadParams for a key that is not one of `keys`."""
    strange = sorted(set(params) - keys)
    if strange:
        raise BadParams(f"unknown parameter {', '.join(strange)}")


def rows(params: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """A list of objects. Raises BadParams."""
    found = params.get(key)
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise BadParams(f"{key} is a list of objects")
    return found


def unit(row: Mapping[str, Any]) -> str:
    """The unit of measure under `per`. Raises BadParams."""
    if row.get("per") not in UNITS:
        raise BadParams(f"per is one of {', '.join(UNITS)}")
    return str(row["per"])


def text(params: Mapping[str, Any], key: str, known: tuple[str, ...] = ()) -> str:
    """A word, one of `known` where that is given. Raises BadParams."""
    found = params.get(key)
    if not isinstance(found, str) or not found or len(found) > 100 or (known and found not in known):
        raise BadParams(f"{key} is one of {', '.join(known)}" if known else f"{key} is a text")
    return found


def amount(params: Mapping[str, Any], key: str) -> Fraction:
    """A decimal in quotes that is not negative. Raises BadParams."""
    value = params.get(key)
    if not isinstance(value, str):
        raise BadParams(f"{key} is a decimal in quotes")
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise BadParams(f"{key} is a decimal in quotes") from error
    if not found.is_finite() or found < 0 or found > AMOUNT_MAX or (key == "divide_by" and found == 0):
        raise BadParams(f"{key} is out of range")
    return Fraction(found)


def share(params: Mapping[str, Any], key: str, *, below_one: bool = True) -> Fraction:
    """A rate: 0.13 means 13 %. Raises BadParams."""
    found = amount(params, key)
    if key == "factor":
        if found > 1:
            raise BadParams("factor is at most 1")
    elif below_one and found >= 1:
        raise BadParams(f"{key} is below 1: 0.13 means 13 %")
    elif found > 100:
        raise BadParams(f"{key} is at most 100: 0.13 means 13 %")
    return found


def minor(params: Mapping[str, Any], key: str, places: int = 2) -> int:
    """An amount in whole minor units of a currency with `places`. Raises BadParams."""
    found = amount(params, key) * 10**places
    if found.denominator != 1:
        raise BadParams(f"{key} has at most {places} places")
    return int(found)
