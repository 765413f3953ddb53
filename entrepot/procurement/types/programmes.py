"""Purchase commitments: what was promised to be bought, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

HOUSE_CURRENCY = "CNY"  # purchases are valued in it


class Measure(StrEnum):
    SIGNED = "signed"
    ORDERED = "ordered"
    RECEIVED = "received"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class ProgrammeDraft:
    """Empty countries (of origin), brands and categories: whatever is bought counts."""

    name: str
    currency: str
    target_minor: int
    starts_on: date
    ends_on: date  # the first day after it
    countries: frozenset[str] = frozenset()
    brand_ids: frozenset[UUID] = frozenset()
    category_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Programme:
    id: UUID
    name: str
    currency: str
    target_minor: int
    starts_on: date
    ends_on: date
    countries: frozenset[str]
    brand_ids: frozenset[UUID]
    category_ids: frozenset[UUID]
    kept: Progress | None = None
    kept_at: datetime | None = None


Totals = Mapping[Measure, int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the pace so far comes to at the end, and the day the target is met at that pace; None without a pace, where
    it is met already, and when the period is over."""

    pace_minor_per_day: int
    at_end_minor: int
    met_on: date | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Sums in the programme's currency. `series`: the first day of each month from the start with the sums up to it.
    `unvalued`: facts without an exchange rate on their day, in no sum. `lines`: order lines that count."""

    totals: Totals
    series: tuple[tuple[date, Totals], ...]
    by_country: tuple[tuple[str, int], ...]
    by_brand: tuple[tuple[UUID, int], ...]
    by_category: tuple[tuple[UUID, int], ...]
    forecast: Forecast
    unvalued: int
    lines: int = 0
