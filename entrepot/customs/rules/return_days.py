"""How long goods of a released list may go back, from the dated `data/return_days.csv`. Days are days in China."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files

from entrepot.customs.types.staying import Window
from entrepot.kit.clock import CHINA, day_in


@dataclass(frozen=True, slots=True)
class Days:
    """For goods released from the first day up to but not on the last (None = until further notice)."""

    valid_from: date
    valid_to: date | None
    apply_days: int
    back_days: int
    first_day_counts: bool  # whether the day of release is day one of the period
    source: str


@cache
def table() -> tuple[Days, ...]:
    """The periods of the law, as the package brings them. Raises ValueError for a table that contradicts itself."""
    text = files("entrepot.customs").joinpath("data", "return_days.csv").read_text(encoding="utf-8")
    return parse(csv.DictReader(text.splitlines()))


def parse(rows: Iterable[dict[str, str]]) -> tuple[Days, ...]:
    found = tuple(
        Days(
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            apply_days=int(row["apply_days"]),
            back_days=int(row["back_days"]),
            first_day_counts=row["first_day_counts"] == "1",
            source=row["source"],
        )
        for row in rows
    )
    for one in found:
        if not 0 < one.apply_days <= one.back_days or not one.source:
            raise ValueError(f"the days from {one.valid_from} cannot be right")
        if any(other is not one and _holds(other, one.valid_from) for other in found):
            raise ValueError(f"two rows of days on {one.valid_from}")
    return found


def window(days: Sequence[Days], *, released_at: datetime) -> Window | None:
    """Until which day a return may be asked for and must be back; None where no row was in force at release."""
    released_on = day_in(CHINA, released_at)
    row = next((one for one in days if _holds(one, released_on)), None)
    if row is None:
        return None
    begin = released_on - timedelta(days=int(row.first_day_counts))
    return Window(
        released_on=released_on,
        apply_by=begin + timedelta(days=row.apply_days),
        back_by=begin + timedelta(days=row.back_days),
        source=row.source,
    )


def _holds(row: Days, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
