"""Questions to the tariff. Books are read once per process and version: a version never changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID

from entrepot.tariff import models, rules
from entrepot.tariff.book import Book
from entrepot.tariff.services import newest_ids, rate_of
from entrepot.tariff.services import version as version_of
from entrepot.tariff.types import BookVersion, Quote, QuoteRequest

CN_BOOK = "cn-cbec"
BOOKS_CACHED_MAX = 16


def quote(*, request: QuoteRequest, book_code: str | None = None) -> Quote:
    """What the parcel owes at the border, line by line, explained. The book comes from the process.

    `book_code` ("cn-cbec/1") asks an older version, so that a stored quote can be checked again.
    Raises UnsupportedRegime, UnknownHsCode, NoBook, MissingMeasure, BadAmount (entrepot.tariff.types.refusals).
    """
    return rules.quote(request, _book(book_code))


def quotes(*, requests: Sequence[QuoteRequest]) -> list[Quote]:
    """Many quotes against the newest book; a refusal of one refuses the call."""
    book = _book(None)
    return [rules.quote(request, book) for request in requests]


def book_versions(*, on: date | None = None) -> list[BookVersion]:
    """All versions, newest first; with `on` only those with a row that speaks for that day."""
    found = models.Book.objects.order_by("name", "-number")
    return [version_of(book=book) for book in found if on is None or any(rate.on(on) for rate in _load(book.id).rates)]


def _book(code: str | None) -> Book | None:
    """The book with this code, else the newest; None if there is none."""
    if code is None:
        book_id = newest_ids.get(CN_BOOK, _newest)
        return _load(book_id) if book_id else None
    name, _, number = code.partition("/")
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        return None
    found = models.Book.objects.filter(name=name, number=int(number)).values_list("id", flat=True).first()
    return _load(found) if found else None


def _newest() -> UUID | None:
    return models.Book.objects.filter(name=CN_BOOK).order_by("-number").values_list("id", flat=True).first()


@lru_cache(maxsize=BOOKS_CACHED_MAX)
def _load(book_id: UUID) -> Book:
    book = models.Book.objects.get(id=book_id)
    rows = models.Row.objects.filter(book=book, destination="CN").order_by("position")
    return Book(f"{book.name}/{book.number}", book.as_of, "CN", tuple(rate_of(row=row) for row in rows))
