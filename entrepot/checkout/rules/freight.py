"""Freight of one parcel from the dated rate table `data/freight.csv`. Amounts are minor units of CNY."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from entrepot.orders.types import Delivery
from entrepot.stock.types import WarehouseKind


@dataclass(frozen=True, slots=True)
class FreightRate:
    """One shipping method from one kind of warehouse. `first_minor` up to `first_g`, `step_minor` for each
    begun `step_g` more; nothing from `free_from_minor` goods. It arrives `days_sooner` than the warehouse's usual.

    Valid from the first day, up to but not on the last (None = until further notice), days in China.
    """

    warehouse_kind: WarehouseKind
    delivery: Delivery
    valid_from: date
    valid_to: date | None
    first_g: int
    first_minor: int
    step_g: int
    step_minor: int
    free_from_minor: int | None
    days_sooner: int
    source: str


@cache
def table() -> tuple[FreightRate, ...]:
    """Our rates, as the package brings them. Raises ValueError for a table that contradicts itself."""
    text = files("entrepot.checkout").joinpath("data", "freight.csv").read_text(encoding="utf-8")
    return parse(csv.DictReader(text.splitlines()))


def parse(rows: Iterable[dict[str, str]]) -> tuple[FreightRate, ...]:
    rates = tuple(
        FreightRate(
            warehouse_kind=WarehouseKind(row["warehouse_kind"]),
            delivery=Delivery(row["delivery"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            first_g=int(row["first_g"]),
            first_minor=int(row["first_minor"]),
            step_g=int(row["step_g"]),
            step_minor=int(row["step_minor"]),
            free_from_minor=int(row["free_from_minor"]) if row["free_from_minor"] else None,
            days_sooner=int(row["days_sooner"]),
            source=row["source"],
        )
        for row in rows
    )
    for one in rates:
        if (
            min(one.first_g, one.step_g) <= 0
            or min(one.first_minor, one.step_minor, one.days_sooner) < 0
            or not one.source
        ):
            raise ValueError(f"a freight rate for {one.warehouse_kind} from {one.valid_from} cannot be right")
        if any(other is not one and _overlap(one, other) for other in rates):
            raise ValueError(f"two freight rates for {one.warehouse_kind} on {one.valid_from}")
    return rates


def rate_on(rates: Sequence[FreightRate], kind: WarehouseKind, delivery: Delivery, day: date) -> FreightRate | None:
    """The rate in force that day, or None."""
    return next(
        (one for one in rates if (one.warehouse_kind, one.delivery) == (kind, delivery) and _holds(one, day)), None
    )


def freight(rate: FreightRate, *, weight_g: int, goods_minor: int) -> int:
    """What one parcel of that gross weight and goods value (before discount) costs to send."""
    if rate.free_from_minor is not None and goods_minor >= rate.free_from_minor:
        return 0
    steps = max(0, -(-(weight_g - rate.first_g) // rate.step_g))
    return rate.first_minor + steps * rate.step_minor


def _holds(rate: FreightRate, day: date) -> bool:
    return rate.valid_from <= day and (rate.valid_to is None or day < rate.valid_to)


def _overlap(one: FreightRate, other: FreightRate) -> bool:
    return (one.warehouse_kind, one.delivery) == (other.warehouse_kind, other.delivery) and (
        _holds(one, other.valid_from) or _holds(other, one.valid_from)
    )
