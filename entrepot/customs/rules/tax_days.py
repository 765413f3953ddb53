"""When the tax of a bill is due, from the dated table `data/tax_days.csv`. Days are days in China."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from entrepot.customs.types.taxes import TaxDays


@cache
def table() -> tuple[TaxDays, ...]:
    """The periods, as the package brings them. Raises ValueError for a table that contradicts itself."""
    text = files("entrepot.customs").joinpath("data", "tax_days.csv").read_text(encoding="utf-8")
    return parse(csv.DictReader(text.splitlines()))


def parse(rows: Iterable[dict[str, str]]) -> tuple[TaxDays, ...]:
    found = tuple(
        TaxDays(
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            lift_days=int(row["lift_days"]),
            pay_from_days=int(row["pay_from_days"]),
            pay_by_days=int(row["pay_by_days"]),
            unconfirmed=row["unconfirmed"] == "1",
            source=row["source"],
        )
        for row in rows
    )
    for one in found:
        if not 0 < one.lift_days < one.pay_from_days <= one.pay_by_days or not one.source:
            raise ValueError(f"the days from {one.valid_from} cannot be right")
        if any(other is not one and _holds(other, one.valid_from) for other in found):
            raise ValueError(f"two rows of days on {one.valid_from}")
    return found


def in_force(days: Sequence[TaxDays], on: date) -> TaxDays | None:
    return next((row for row in days if _holds(row, on)), None)


def due_on(days: Sequence[TaxDays], made_on: date) -> date | None:
    """The last day to pay a bill made on that day; None where no row was in force."""
    row = in_force(days, made_on)
    return None if row is None else made_on + timedelta(days=row.pay_by_days)


def _holds(row: TaxDays, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
