"""The rows that only Canada reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from entrepot.tariff import params as read
from entrepot.tariff.measures import Parser
from entrepot.tariff.params import BadParams

TAXES = ("hst", "gst", "pst")


@dataclass(frozen=True, slots=True)
class Threshold:
    """Cents, inclusive: neither duty nor tax up to `untaxed`, no duty up to `duty_free`. `sent_from` () = anywhere."""

    untaxed: int
    duty_free: int
    sent_from: tuple[str, ...]


def threshold(params: Mapping[str, Any]) -> Threshold:
    """`{"untaxed": "40", "duty_free": "150", "sent_from": ["US", "MX"]}`. Raises BadParams."""
    read.only(params, {"untaxed", "duty_free", "sent_from"})
    untaxed = read.minor(params, "untaxed")
    duty_free = read.minor(params, "duty_free") if "duty_free" in params else untaxed
    if duty_free < untaxed:
        raise BadParams("duty_free is not below untaxed")
    places = params.get("sent_from", [])
    if not isinstance(places, list) or not all(isinstance(place, str) and len(place) == 2 for place in places):
        raise BadParams("sent_from is a list of countries")
    return Threshold(untaxed, duty_free, tuple(places))


def taxes(params: Mapping[str, Any]) -> tuple[tuple[str, Fraction], ...]:
    """`{"hst": "0.13"}` or `{"gst": "0.05", "pst": "0.07"}`, each on value + duty. Raises BadParams."""
    read.only(params, set(TAXES))
    if ("hst" in params) == ("gst" in params):
        raise BadParams("a province has HST, or GST and perhaps PST")
    return tuple((name, read.share(params, name)) for name in TAXES if name in params)


def nothing(params: Mapping[str, Any]) -> None:
    """`{}`: that the row is there says it all. Raises BadParams."""
    read.only(params, set())


MEASURES: Mapping[str, Parser] = {"ca_threshold": threshold, "ca_tax": taxes, "ca_not_remitted": nothing}
