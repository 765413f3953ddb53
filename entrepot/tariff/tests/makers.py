"""Builders for the tests of this context and of its neighbours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from entrepot.tariff.book import Book
from entrepot.tariff.services import FOUNDING, found_books, read
from entrepot.tariff.types import BookVersion, Buyer, LineRequest, QuoteRequest, Rates


def founding_book() -> BookVersion:
    """The book that ships with the software, in the test database. Needed before `selectors.quote` answers."""
    return found_books(now=datetime(2026, 11, 21, tzinfo=UTC))[0]


@cache
def frozen_book() -> Book:
    """The same book without a database."""
    name, as_of = FOUNDING[0]
    rates, faults = read(content=files("entrepot.tariff").joinpath("data", f"{name}.csv").read_bytes())
    assert not faults, faults
    return Book(f"{name}/1", as_of, "CN", rates)


def a_line(price: str, hs_code: str = "6109100021", **changes: Any) -> LineRequest:
    """One piece from France; amounts as text."""
    measures = {unit: Decimal(amount) for unit, amount in changes.pop("measures", {}).items()}
    rates = Rates(**{name: Decimal(rate) for name, rate in changes.pop("rates", {}).items()})
    fields = {"id": "1", "origin": "FR", "unit": "piece", "quantity": "1", "discount": "0", **changes}
    for name in ("quantity", "discount"):
        fields[name] = Decimal(fields[name])
    return LineRequest(hs_code=hs_code, unit_price=Decimal(price), measures=measures, rates=rates, **fields)


def a_request(*lines: LineRequest, day: date = date(2026, 11, 21), used: str = "0", **changes: Any) -> QuoteRequest:
    fields = {"destination": "CN", "currency": "CNY", "channel": "bonded", **changes}
    for name in ("freight", "insurance"):
        fields[name] = Decimal(fields.get(name, "0"))
    return QuoteRequest(date=day, lines=lines, buyer=Buyer(used_this_year=Decimal(used)), **fields)
