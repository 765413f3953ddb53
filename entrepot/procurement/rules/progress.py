"""How far a purchase commitment is, and where its pace leads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from entrepot.procurement.types import Forecast, Measure, Totals


@dataclass(frozen=True, slots=True)
class Fact:
    """So much on a day, in the programme's currency."""

    measure: Measure
    day: date
    minor: int


def totals(facts: Iterable[Fact]) -> Totals:
    sums = dict.fromkeys(Measure, 0)
    for fact in facts:
        sums[fact.measure] += fact.minor
    return sums


def months(starts_on: date, until: date) -> Iterator[date]:
    """The firsts of the months that begin after `starts_on`, and `until` itself at the end."""
    year, month = starts_on.year, starts_on.month
    while (year, month) != (date.max.year, 12):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = date(year, month, 1)
        if first >= until:
            break
        yield first
    yield until


def series(facts: Iterable[Fact], starts_on: date, until: date) -> tuple[tuple[date, Totals], ...]:
    """(a day, the sums of what was before it): from the start, at each first of a month, up to `until`."""
    known = sorted(facts, key=lambda fact: fact.day)
    found: list[tuple[date, Totals]] = [(starts_on, totals(()))]
    sums, at = dict.fromkeys(Measure, 0), 0
    for edge in months(starts_on, until):
        while at < len(known) and known[at].day < edge:
            sums[known[at].measure] += known[at].minor
            at += 1
        found.append((edge, dict(sums)))
    return tuple(found)


def forecast(ordered_minor: int, target_minor: int, period: tuple[date, date], today: date) -> Forecast:
    """The pace is what was ordered over the days gone, today among them; it is carried on to the end, rounded down.
    When the target is met it says while the period runs and the target is not met yet."""
    starts_on, ends_on = period
    gone = (min(today, ends_on - timedelta(days=1)) - starts_on).days + 1
    if gone <= 0:
        return Forecast(0, ordered_minor, None)
    left = (ends_on - starts_on).days - gone
    at_end = ordered_minor + ordered_minor * left // gone
    met_on = None
    if 0 < ordered_minor < target_minor and today < ends_on:
        days = -(-(target_minor - ordered_minor) * gone // ordered_minor)
        met_on = today + timedelta(days=days) if days < 365 * 100 else None
    return Forecast(ordered_minor // gone, at_end, met_on)
