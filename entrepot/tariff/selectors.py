"""Questions to the tariff. Books are read once per process and version: a version never changes."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from entrepot.kit.kept import Kept
from entrepot.kit.lasting import settle
from entrepot.kit.refusals import Refusal
from entrepot.tariff import engine, headings, models, splitting
from entrepot.tariff.arithmetic import customs_values
from entrepot.tariff.book import COLUMNS, Book, Books
from entrepot.tariff.reading import read
from entrepot.tariff.regimes import REGIMES, union
from entrepot.tariff.services import BadBook, Edition, newest_editions, rate_of
from entrepot.tariff.services import version as version_of
from entrepot.tariff.types import BookShown, BookVersion, ExchangeRate, Part, Quote, QuoteRequest, Served, wire
from entrepot.tariff.types.refusals import NoBook

BOOKS_CACHED_MAX = 64
_named: Kept[tuple[Edition, ...]] = Kept(keep_s=3_600, entries_max=BOOKS_CACHED_MAX)
# What other contexts hold on to without looking inside: the books of a destination, and rows to lay over them.
InForce = Books
Overlay = Book


def quote(*, request: QuoteRequest, book_codes: Sequence[str] = ()) -> Quote:
    """What the parcel owes at the border, line by line, explained. At most one small query; the books are kept.

    `book_codes` ("cn-cbec/1") asks older versions, so that a stored quote can be checked again.
    Raises the refusals of entrepot.tariff.types.refusals.
    """
    books = _books_of(book_codes, request.destination) if book_codes else newest(destination=request.destination)
    return engine.quote(request, books, REGIMES.values())


def again(*, question: Mapping[str, Any], book_codes: Sequence[str]) -> Quote:
    """The answer to a question that was written down, from the book versions it was asked of (`wire.question`)."""
    return quote(request=wire.asked(question), book_codes=book_codes)


def quotes(*, requests: Sequence[QuoteRequest]) -> list[Quote]:
    """Many quotes; a refusal of one refuses the call."""
    return [quote(request=request) for request in requests]


def answers(*, requests: Sequence[QuoteRequest], books: Books) -> list[Quote | Refusal]:
    """Many quotes against given books of one destination; each is answered or refused for itself."""
    made: list[Quote | Refusal] = []
    for request in requests:
        try:
            made.append(engine.quote(request, books, REGIMES.values()))
        except Refusal as refusal:
            made.append(refusal)
    return made


def newest(*, destination: str) -> Books:
    """The newest version of every book with rows for a destination, in the order they came to be; a later one is heard
    before an earlier one. Without any book the regimes refuse for themselves."""
    return _loaded(newest_editions.get(destination, lambda: _newest(destination)), destination)


def last_import(*, destination: str) -> datetime | None:
    """When the last book with rows for a destination came."""
    books = models.Book.objects.filter(destinations__contains=[destination])
    return books.order_by("imported_at").values_list("imported_at", flat=True).last()


def annual_limit(*, on: date) -> Decimal | None:
    """What a person may buy in a calendar year as China's retail import, in yuan; None where no book has the day."""
    row = newest(destination="CN").find("cbec_limit", on)
    return None if row is None else Decimal(row.formula.annual).scaleb(-2)


def exchange_rates(*, currencies: Collection[str], on: date) -> dict[str, ExchangeRate]:
    """Yuan for one of each currency on a day, by the `fx.<currency>` rows of the books for China; a currency without a
    row for the day is left out."""
    books = newest(destination="CN")
    found = {"CNY": ExchangeRate("CNY", "CNY", Decimal(1), "", True)} if "CNY" in currencies else {}
    for currency in set(currencies) - {"CNY"}:
        row = books.find(f"fx.{currency}", on)
        if row is not None:
            rate = Decimal(str(row.params["rate"]))
            found[currency] = ExchangeRate(currency, "CNY", rate, row.source, row.confirmed)
    return found


def exchange_rate(*, asked: str, wanted: str, on: date) -> ExchangeRate | None:
    """Units of `wanted` for one of `asked` on a day; None where a rate is missing. Two foreign currencies meet over the
    yuan."""
    found = exchange_rates(currencies=(asked, wanted), on=on)
    if asked not in found or wanted not in found:
        return None
    one, other = found[asked], found[wanted]
    source = " · ".join(dict.fromkeys(each.source for each in (one, other) if each.source))
    return ExchangeRate(asked, wanted, one.rate / other.rate, source, one.confirmed and other.confirmed)


def single_limit(*, on: date) -> Decimal | None:
    """The same of one purchase."""
    row = newest(destination="CN").find("cbec_limit", on)
    return None if row is None else Decimal(row.formula.single).scaleb(-2)


def parts(*, request: QuoteRequest, limit_minor: int) -> tuple[Part, ...]:
    """The fewest orders into which a parcel's units go so that each keeps a limit (minor units of the request's
    currency). A unit above it is alone and does not fit. Raises BadAmount."""
    return splitting.split(request.lines, customs_values(request, request.currency), limit_minor)[0]


def served() -> dict[str, Served]:
    """Where goods can be reckoned to, by country code: the currency taxes are owed in and the ways in."""
    found: dict[str, Served] = {}
    for regime in REGIMES.values():
        for country in regime.destinations:
            before = found[country].channels if country in found else ()
            channels = (*before, *(channel for channel in regime.channels if channel not in before))
            found[country] = Served(found[country].currency if before else regime.currency(country), channels)
    return found


def countries() -> list[str]:
    """The country codes that goods may come from."""
    return list(engine.countries())


def headings_for(*, typed: str) -> tuple[bool, list[str]]:
    """Headings for what was typed of a code so far: True and those that begin like it, else False and the nearest."""
    found = headings.beginning(typed)
    return (True, found) if found else (False, headings.nearest(typed))


def overlay(*, content: bytes, name: str = "what-if") -> Book:
    """Rows (CSV, as an import wants them, the header may be left out) as a book to lay over others; nothing is written.

    No rows make a book that changes nothing. Raises BadBook, its rows numbered as they came.
    """
    bare = content.removeprefix(codecs.BOM_UTF8)
    headed = bare.lstrip().startswith(COLUMNS[0].encode())
    if not any(line.strip() for line in bare.strip().splitlines()[1 if headed else 0 :]):
        return Book(name, date.min, ())
    rates, faults = read(content=bare.lstrip() if headed else f"{','.join(COLUMNS)}\n".encode() + bare)
    if faults:
        shift = 0 if headed else 1
        raise BadBook(name=name, faults=tuple(replace(fault, row=max(fault.row - shift, 1)) for fault in faults))
    return Book(name, date.max, rates)


def book_versions(*, on: date | None = None) -> list[BookVersion]:
    """All versions, newest first; with `on` only those with a row that speaks for that day."""
    found = models.Book.objects.order_by("name", "-number")
    return [
        version_of(book=book)
        for book in found
        if on is None or any(rate.on(on) for rate in _load(_edition(book)).rates)
    ]


def books_shown() -> list[BookShown]:
    """Every book in its newest version, by name. One statement."""
    newest = models.Book.objects.filter(name=OuterRef("name")).order_by("-number").values("id")[:1]
    counted = (
        models.Book.objects.filter(id=Subquery(newest))
        .annotate(rows=_count(), unconfirmed=_count(confirmed=False))
        .order_by("name")
    )
    return [
        BookShown(
            version_of(book=book), book.id, book.actor, book.imported_at, tuple(book.destinations), book.rows,
            book.unconfirmed,
        )
        for book in counted
    ]  # fmt: skip


def _count(**only: bool) -> Coalesce:
    """Rows of a book, as a subquery."""
    rows = models.Row.objects.filter(book=OuterRef("id"), **only).order_by().values("book").annotate(n=Count("id"))
    return Coalesce(Subquery(rows.values("n")), 0)


def _newest(destination: str) -> tuple[Edition, ...]:
    named = Q(destinations__contains=[destination])
    if group := union(destination):
        named |= Q(destinations__contains=[group])
    versions = models.Book.objects.filter(named).order_by("name", "-number")
    by_name: dict[str, models.Book] = {}
    for book in versions:
        by_name.setdefault(book.name, book)
    return tuple(sorted(map(_edition, by_name.values())))


def _books_of(codes: Sequence[str], destination: str) -> Books:
    named = tuple(codes)
    return _loaded(_named.get(named, lambda: _editions(named)), destination)


def _editions(codes: Sequence[str]) -> tuple[Edition, ...]:
    found = []
    for code in codes:
        name, _, number = code.partition("/")
        good = number.isascii() and number.isdigit() and len(number) <= 9
        book = models.Book.objects.filter(name=name, number=int(number)).first() if good else None
        if book is None:
            raise NoBook(field="books", date="-", what=code)
        found.append(_edition(book))
    return tuple(found)


def _edition(book: models.Book) -> Edition:
    return book.id, str(book), book.as_of


@lru_cache(maxsize=BOOKS_CACHED_MAX)
def _loaded(editions: tuple[Edition, ...], destination: str) -> Books:
    books = Books(destination, [_load(edition) for edition in editions], union(destination))
    settle()
    return books


@lru_cache(maxsize=BOOKS_CACHED_MAX)
def _load(edition: Edition) -> Book:
    book_id, code, as_of = edition
    rows = models.Row.objects.filter(book_id=book_id).order_by("position")
    return Book(code, as_of, tuple(rate_of(row=row) for row in rows.iterator(2_000)))
