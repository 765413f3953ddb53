"""Questions about purchase commitments: what is signed, ordered, received and paid counts by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.kit import sql
from entrepot.kit.money import allocate
from entrepot.kit.shapes import reader
from entrepot.procurement import models
from entrepot.procurement.rules import progress as rules
from entrepot.procurement.rules.progress import Fact
from entrepot.procurement.rules.sums import from_house, in_house
from entrepot.procurement.types import HOUSE_CURRENCY, Measure, Programme, Progress
from entrepot.tariff import selectors as tariff

LIST_MAX = 200
SHOWN_MAX = 12


def programmes() -> list[Programme]:
    """All programmes, those that end last first."""
    return [_programme(row) for row in models.Programme.objects.order_by("-ends_on", "name")[:LIST_MAX]]


def programme(*, programme_id: UUID) -> Programme | None:
    row = models.Programme.objects.filter(id=programme_id).first()
    return None if row is None else _programme(row)


_progress = reader(Progress, strict=False)


def _programme(row: models.Programme) -> Programme:
    return Programme(
        id=row.id,
        name=row.name,
        currency=row.currency,
        target_minor=row.target_minor,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        countries=frozenset(row.countries),
        brand_ids=frozenset(row.brand_ids),
        category_ids=frozenset(row.category_ids),
        kept=_progress(row.kept) if row.kept else None,
        kept_at=row.kept_at,
    )


def ordered_minor(*, of: Programme) -> int:
    """What was ordered towards a programme, in its currency: as kept, else by one statement, and one for each day that
    needs a rate."""
    if of.kept is not None:
        return of.kept.totals[Measure.ORDERED]
    teller = _Teller(of)
    return sum(teller.of_row(row) or 0 for row in _told("orders", of))


def progress(*, of: Programme, today: date) -> Progress:
    """How far a programme is. Sums in another currency are taken at the rate of their fact's day; a fact whose day has
    no rate is in no sum and counted as `unvalued`. As it is kept, with the forecast of today, else by four
    statements."""
    if of.kept is None:
        return reckoned(of=of, today=today, orders=_told("orders", of))
    ordered = of.kept.totals[Measure.ORDERED]
    ahead = rules.forecast(ordered, of.target_minor, (of.starts_on, of.ends_on), today)
    return replace(of.kept, forecast=ahead)


def orders_by_month(of: Programme) -> Iterator[dict[str, Any]]:
    """What counts of its orders, a month at a time: of a large programme all of it would not lie in memory."""
    edges = [of.starts_on, *rules.months(of.starts_on, of.ends_on)]
    for first, after in pairwise(edges):
        yield from _told("orders", replace(of, starts_on=first, ends_on=after))


def reckoned(*, of: Programme, today: date, orders: Iterable[dict[str, Any]]) -> Progress:
    """The same from the orders themselves."""
    teller, lines, by_day = _Teller(of), 0, Counter[date]()
    by: dict[str, Counter[Any]] = {name: Counter() for name in ("origin", "brand_id", "category")}
    wanted = of.category_ids or {one.id for one in catalogue.categories() if one.parent_id is None}
    for row in orders:
        lines += row["facts"]
        worth = teller.of_row(row)
        if worth is None:
            continue
        by_day[row["day"]] += worth
        by["origin"][row["origin"]] += worth
        by["brand_id"][row["brand_id"]] += worth
        for one in wanted.intersection(row["category_ids"]):
            by["category"][one] += worth
    facts = [Fact(Measure.ORDERED, day, worth) for day, worth in by_day.items()]
    facts += _signed(of, teller) + _received(of, teller) + _paid(of, teller)
    until = max(min(of.ends_on, today + timedelta(days=1)), of.starts_on)
    sums = rules.totals(facts)
    return Progress(
        totals=sums,
        series=rules.series(facts, of.starts_on, until),
        by_country=_most(by["origin"]),
        by_brand=_most(by["brand_id"]),
        by_category=_most(by["category"]),
        forecast=rules.forecast(sums[Measure.ORDERED], of.target_minor, (of.starts_on, of.ends_on), today),
        unvalued=teller.unvalued,
        lines=lines,
    )


class _Teller:
    """Amounts in a programme's currency."""

    def __init__(self, of: Programme) -> None:
        self.of = of
        self.unvalued = 0
        self._rates: dict[date, Decimal | None] = {}

    def of_row(self, row: Mapping[str, Any]) -> int | None:
        """Of several facts of one day, currency and rate."""
        if row["currency"] == self.of.currency:
            return int(row["minor"])
        known = row.get("value")
        value = in_house(row["minor"], row["currency"], row["rate"]) if known is None else known
        return self._of_house(value, row["day"], row["facts"])

    def worth(self, minor: int, currency: str, rate: Decimal | None, day: date) -> int | None:
        """`rate`: yuan for one of `currency`, as it was written down with the fact."""
        if currency == self.of.currency:
            return minor
        assert rate is not None
        return self._of_house(in_house(minor, currency, rate), day, 1)

    def _of_house(self, value: int, day: date, facts: int) -> int | None:
        if self.of.currency == HOUSE_CURRENCY:
            return value
        own = self._rate(day)
        if own is None:
            self.unvalued += facts
            return None
        return from_house(value, self.of.currency, own)

    def _rate(self, day: date) -> Decimal | None:
        if day not in self._rates:
            found = tariff.exchange_rates(currencies={self.of.currency}, on=day).get(self.of.currency)
            self._rates[day] = found.rate if found else None
        return self._rates[day]


def _told(what: str, of: Programme) -> list[dict[str, Any]]:
    """Rows of the statement `programme_<what>`: sums by day, never one for each line of an order."""
    params = {
        "starts_on": of.starts_on,
        "ends_on": of.ends_on,
        "countries": sorted(of.countries),
        "brand_ids": sorted(of.brand_ids),
        "category_ids": sorted(of.category_ids),
    }
    return sql.rows(sql.load("procurement", f"programme_{what}"), params)


def _signed(of: Programme, teller: _Teller) -> list[Fact]:
    """Contracts that name the programme, at the value they were signed for."""
    rows = models.Contract.objects.filter(programme_id=of.id, rate__isnull=False, signed_on__lt=of.ends_on)
    found = [(row.signed_on, teller.worth(row.value_minor, row.currency, row.rate, row.signed_on)) for row in rows]
    return [Fact(Measure.SIGNED, max(day, of.starts_on), worth) for day, worth in found if worth is not None]


def _received(of: Programme, teller: _Teller) -> list[Fact]:
    rows = _told("receipts", of)
    return [Fact(Measure.RECEIVED, row["day"], worth) for row in rows if (worth := teller.of_row(row)) is not None]


def _paid(of: Programme, teller: _Teller) -> list[Fact]:
    """Payments, by the share that counting lines have of their order."""
    found = []
    for row in _told("payments", of):
        share = allocate(row["minor"], [row["mine"], max(row["whole"] - row["mine"], 0)])[0]
        found.append((row["day"], teller.worth(share, row["currency"], row["rate"], row["day"])))
    return [Fact(Measure.PAID, max(day, of.starts_on), worth) for day, worth in found if worth is not None]


def _most(counted: Counter[Any]) -> tuple[tuple[Any, int], ...]:
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], str(one[0])))[:SHOWN_MAX])
