"""The rows that only the United States reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entrepot.tariff import params as read
from entrepot.tariff.measures import Parser, said
from entrepot.tariff.params import BadParams


@dataclass(frozen=True, slots=True)
class Programmes:
    """What a duty is made of on a day, beside the tariff's own rate.

    Of `rows` each must have a row for the goods; of `lists` the books must hold the list, and goods that are not on it
    owe nothing by it. `verified` False: nobody has verified what is levied from this day on.
    """

    rows: tuple[str, ...]
    lists: tuple[str, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class Postal:
    """Parcels by post up to `up_to` (cents, inclusive) owe what `programme` takes alone; "" = not verified."""

    up_to: int
    programme: str


@dataclass(frozen=True, slots=True)
class Flat:
    """What a carrier might pay for a postal item instead, in cents, from and to."""

    least: int
    most: int


def value(params: Mapping[str, Any]) -> int:
    """`{"value": "800"}`, in cents. Raises BadParams."""
    read.only(params, {"value"})
    return read.minor(params, "value")


def programmes(params: Mapping[str, Any]) -> Programmes:
    """`{"rows": ["additional.ieepa"], "lists": ["additional.section_301"]}` or `{"verified": "no"}`."""
    read.only(params, {"rows", "lists", "verified"})
    verified = read.text(params, "verified", ("yes", "no")) == "yes" if "verified" in params else True
    return Programmes(_names(params, "rows"), _names(params, "lists"), verified)


def postal(params: Mapping[str, Any]) -> Postal:
    """`{"up_to": "800", "programme": "additional.ieepa"}`; without a programme nothing is verified."""
    read.only(params, {"up_to", "programme"})
    return Postal(read.minor(params, "up_to"), read.text(params, "programme") if "programme" in params else "")


def flat(params: Mapping[str, Any]) -> Flat:
    """`{"least": "80", "most": "200"}` per item."""
    read.only(params, {"least", "most"})
    return Flat(read.minor(params, "least"), read.minor(params, "most"))


def _names(params: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = params.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one.startswith("additional.") for one in found):
        raise BadParams(f"{key} is a list of measures like additional.section_301")
    return tuple(found)


MEASURES: Mapping[str, Parser] = {
    "us_de_minimis": value,
    "us_formal_entry": value,
    "us_programmes": programmes,
    "us_postal": postal,
    "us_postal_flat": flat,
    "us_unchecked": said,
}
