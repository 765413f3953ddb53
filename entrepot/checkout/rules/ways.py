"""The lawful ways on for a paid parcel that customs stopped at a limit. Pure.

Which limit: −621005 is that of one purchase, −621018 that of the person and year. The form of customs' sentence is not
confirmed, so figures are read where they stand in it and nothing is offered that needs one that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from entrepot.checkout.types import Way
from entrepot.kit.clock import CHINA
from entrepot.tariff.types import Part

_YUAN = r"([0-9]{1,9}(?:\.[0-9]{1,2})?)\s*元"
_USED = re.compile(r"已(?:使用|用)[^0-9，,；;。]{0,6}?" + _YUAN)
# Before a limit or a purchase stands nothing of what is used (已用) or left (剩余): that is another figure.
_LIMIT = re.compile(r"(?<![用余])(?:限值|限额|额度)[^0-9，,；;。已剩余]{0,6}?" + _YUAN)
_VALUE = re.compile(r"本次[^0-9，,；;。已剩余]{0,6}?" + _YUAN)


@dataclass(frozen=True, slots=True)
class Told:
    """The figures in customs' sentence, in minor units; None where there is none."""

    used_minor: int | None
    limit_minor: int | None
    value_minor: int | None


def told(info: str) -> Told:
    """The figures of a refusal: used this year, the limit, this purchase."""
    return Told(*(_found(pattern, info) for pattern in (_USED, _LIMIT, _VALUE)))


def _found(pattern: re.Pattern[str], info: str) -> int | None:
    match = pattern.search(info)
    return int(Decimal(match[1]) * 100) if match else None


def least_used(*, limit_minor: int, value_minor: int) -> int:
    """What must be used of a year for customs to refuse `value_minor` more: one fen beyond what would have fitted."""
    return max(0, limit_minor - value_minor + 1)


def limit_for_parts(*, value_minor: int, ours_minor: int, said: Told) -> int | None:
    """The limit that the parts of a split must keep, in the values that we reckon with; None where nobody can know it.

    The lower of ours and customs'. Where customs values the goods higher than we do, the limit is lowered as much.
    Where customs refuses what we think is inside and names no value, nobody knows what would be inside.
    """
    limit = ours_minor if said.limit_minor is None else min(ours_minor, said.limit_minor)
    if said.value_minor is not None and said.value_minor > value_minor > 0:
        return limit * value_minor // said.value_minor
    return limit if value_minor > limit else None


def splits(parts: Sequence[Part]) -> bool:
    """Whether these orders would each clear: at least two, and no unit that is above the limit by itself."""
    return len(parts) > 1 and all(part.fits for part in parts)


def next_year(now: datetime) -> datetime:
    """When the next calendar year begins in China: with it the allowance does."""
    year = now.astimezone(CHINA).year + 1
    return datetime(year, 1, 1, tzinfo=CHINA)


def may_wait(*, now: datetime, value_minor: int, used_minor: int, limit_minor: int, most: timedelta) -> bool:
    """Whether the parcel clears in the next year: it is not further away than `most`, and the parcel keeps its limit
    with what waits for it already (`used_minor`)."""
    return next_year(now) - now <= most and used_minor + value_minor <= limit_minor


def may_follow(before: str, after: Way, *, settled: bool) -> bool:
    """Whether a choice may be made after another: the first one stands, but who waits may have the money back, and so
    may who chose general trade, until it is `settled`."""
    open_yet = before == Way.WAIT or (before == Way.GENERAL and not settled)
    return before == "" or (open_yet and after is Way.REFUND)


def units_of(part: Part, skus: Mapping[str, str]) -> dict[str, int]:
    """The units of a part by SKU id; `skus` by line id."""
    found: dict[str, int] = {}
    for line, units in part.units.items():
        found[skus[line]] = found.get(skus[line], 0) + int(units)
    return found
