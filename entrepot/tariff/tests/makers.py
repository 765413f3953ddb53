"""Builders for the tests of this context and of its neighbours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from entrepot.kit.clock import now
from entrepot.tariff import engine, models, regimes
from entrepot.tariff.book import COLUMNS, Book, Books
from entrepot.tariff.reading import read
from entrepot.tariff.services import draft_book, found_books, newest_editions, version
from entrepot.tariff.types import BookVersion, Buyer, LineRequest, Quote, QuoteRequest, Rates

HEAD = ",".join(COLUMNS)  # of a book's file
_founded: dict[str, bytes] = {}  # the tables of the books that ship, as the verb filled them


def founding_book() -> BookVersion:
    """The books that ship with the software, in the test database; China's retail import is returned.

    The verb brings them in once a process; after that an empty database gets the same rows back, ids and all, since
    reading fourteen files costs more than most tests do.
    """
    empty = not models.Book.objects.exists()
    if empty and _founded:
        for table, rows in _founded.items():
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(rows)
        newest_editions.forget()
    else:
        found_books(now=datetime(2026, 11, 21, tzinfo=UTC))
        if empty:
            _founded.update({table: _copied_out(table) for table in ("tariff_book", "tariff_row")})
    return version(book=models.Book.objects.get(name="cn-cbec", number=1))


def _copied_out(table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT (FORMAT BINARY)") as copy:
        return b"".join(copy)


def make_draft(content: bytes = b"", name: str = "cn-cbec") -> UUID:
    """A file laid down for comparison."""
    content = content or ",".join(COLUMNS).encode()
    return draft_book(name=name, content=content, as_of=date(2026, 11, 21), actor="test", now=now())


@cache
def shipped_book(folder: str) -> Book:
    """The book in a regime's folder, without a database."""
    rates, faults = read(content=regimes.shipped(folder))
    assert not faults, faults
    return Book(f"{regimes.book_name(folder)}/1", regimes.REGIMES[folder].as_of, rates)


@cache
def frozen_books(destination: str = "CN") -> Books:
    """All shipped books with rows for a destination, without a database."""
    books, union = [shipped_book(folder) for folder in regimes.FOLDERS], regimes.union(destination)
    wanted = [book for book in books if any(rate.destination in {destination, union} for rate in book.rates)]
    return Books(destination, wanted, union)


def quoted(request: QuoteRequest, *extra: Book) -> Quote:
    """The engine's answer from the shipped books and, on top of them, `extra` ones."""
    books = frozen_books(request.destination)
    for book in extra:
        books = books.laid_over(book)
    return engine.quote(request, books, regimes.REGIMES.values())


def a_book(*rows: str, code: str = "test/1", as_of: date = date(2026, 11, 21)) -> Book:
    """A book of CSV rows without the header (the columns of an import)."""
    text = "\n".join((",".join(COLUMNS), *rows))
    rates, faults = read(content=text.encode())
    assert not faults, faults
    return Book(code, as_of, rates)


def a_line(price: str, hs_code: str = "6109100021", **changes: Any) -> LineRequest:
    """One piece from France; amounts as text."""
    measures = {unit: Decimal(amount) for unit, amount in changes.pop("measures", {}).items()}
    rates = Rates(**{name: Decimal(rate) for name, rate in changes.pop("rates", {}).items()})
    fields = {"id": "1", "origin": "FR", "unit": "piece", "quantity": "1", "discount": "0", **changes}
    for name in ("quantity", "discount"):
        fields[name] = Decimal(fields[name])
    return LineRequest(hs_code=hs_code, unit_price=Decimal(price), measures=measures, rates=rates, **fields)


def a_request(*lines: LineRequest, day: date = date(2026, 11, 21), used: str = "0", **changes: Any) -> QuoteRequest:
    buyer = Buyer(used_this_year=Decimal(used))
    fields = {"destination": "CN", "currency": "CNY", "channel": "bonded", "buyer": buyer, **changes}
    for name in ("freight", "insurance"):
        fields[name] = Decimal(fields.get(name, "0"))
    return QuoteRequest(date=day, lines=lines, **fields)
