"""Questions about purchase commitments: what is signed, ordered, received and paid counts by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.kit import sql
from entrepot.kit.money import allocate
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
    )


def ordered_minor(*, of: Programme) -> int:
    """What was ordered towards a programme, in its currency. One statement, and one for each day that needs a rate."""
    teller = _Teller(of)
    return sum(teller.of_row(row) or 0 for row in _told("orders", of))


def progress(*, of: Programme, today: date) -> Progress:
    """How far a programme is. Sums in another currency are taken at the rate of their fact's day; a fact whose day has
    no rate is in no sum and counted as `unvalued`. Four statements."""
    teller = _Teller(of)
    lines = _told("orders", of)
    counted = [(line, worth) for line in lines if (worth := teller.of_row(line)) is not None]
    facts = [Fact(Measure.ORDERED, line["day"], worth) for line, worth in counted]
    facts += _signed(of, teller) + _received(of, teller) + _paid(of, teller)
    until = max(min(of.ends_on, today + timedelta(days=1)), of.starts_on)
    sums = rules.totals(facts)
    return Progress(
        totals=sums,
        series=rules.series(facts, of.starts_on, until),
        by_country=_shares((line["origin"], worth) for line, worth in counted),
        by_brand=_shares((line["brand_id"], worth) for line, worth in counted),
        by_category=_by_category(of, counted),
        forecast=rules.forecast(sums[Measure.ORDERED], of.target_minor, (of.starts_on, of.ends_on), today),
        unvalued=teller.unvalued,
    )


class _Teller:
    """Amounts in a programme's currency."""

    def __init__(self, of: Programme) -> None:
        self.of = of
        self.unvalued = 0
        self._rates: dict[date, Decimal | None] = {}

    def of_row(self, row: Mapping[str, Any]) -> int | None:
        """Of several facts of one day, currency and rate."""
        return self.worth(row["minor"], row["currency"], row["rate"], row["day"], facts=row["facts"])

    def worth(self, minor: int, currency: str, rate: Decimal | None, day: date, *, facts: int = 1) -> int | None:
        """`rate`: yuan for one of `currency`, as it was written down with the facts."""
        if currency == self.of.currency:
            return minor
        assert rate is not None
        value = in_house(minor, currency, rate)
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


def _shares(pairs: Iterable[tuple[Any, int]]) -> tuple[tuple[Any, int], ...]:
    counted: Counter[Any] = Counter()
    for key, worth in pairs:
        counted[key] += worth
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], str(one[0])))[:SHOWN_MAX])


def _by_category(of: Programme, counted: Sequence[tuple[Mapping[str, Any], int]]) -> tuple[tuple[UUID, int], ...]:
    """By the categories the programme names, else by those at the top of the tree."""
    wanted = of.category_ids or {one.id for one in catalogue.categories() if one.parent_id is None}
    pairs = ((one, worth) for line, worth in counted for one in line["category_ids"] if one in wanted)
    return _shares(pairs)
