"""Verbs of the rate books: a version is imported from CSV, checked row by row, and never edited afterwards."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from entrepot.kit.kept import Kept
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.tariff import models, regimes
from entrepot.tariff.book import Rate
from entrepot.tariff.reading import formula, read
from entrepot.tariff.types import BookImport, BookVersion, RowFault

# How long another process may answer from the versions before: a book is imported days before its rows hold.
NEWEST_KEPT_S = 5.0
Edition = tuple[UUID, str, date]  # id, "name/number" and day of a version: what it takes to read its rows
newest_editions: Kept[tuple[Edition, ...]] = Kept(keep_s=NEWEST_KEPT_S, entries_max=300)  # by destination


class BadBook(Invalid):
    """The file cannot become a book; `faults` says why, row by row."""

    code = "bad_rate_book"
    zh = "税率簿 {name} 有 {count} 处错误，第一处在第 {row} 行 {column}：{why_zh}"
    en = "Rate book {name} has {count} faults; the first is in row {row}, {column}: {why_en}"

    def __init__(self, *, name: str, faults: tuple[RowFault, ...]) -> None:
        first = faults[0]
        self.faults = faults
        super().__init__(
            field="content", name=name, count=len(faults), row=first.row, column=first.column,
            why_zh=first.zh, why_en=first.en,
        )  # fmt: skip


class BookMoved(Refusal):
    """Another import of the same book won the race; look at its version and decide again."""

    code = "rate_book_moved"
    zh = "税率簿 {name} 刚刚有了新版本，请重新核对后再导入"
    en = "Rate book {name} has just got a newer version; compare again before importing"


def import_book(
    *, name: str, content: bytes, as_of: date, actor: str, now: datetime, dry_run: bool = False
) -> BookImport:
    """Write `content` (CSV, UTF-8, the columns of COLUMNS) as the next version of book `name`.

    The same content as the newest version writes nothing and returns that version. A dry run returns the difference
    and all faults; a real one refuses with BadBook if there is any fault. Raises BadBook, BookMoved.
    """
    rates, faults = read(content=content)
    if faults and not dry_run:
        raise BadBook(name=name, faults=faults)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        last = models.Book.objects.filter(name=name).order_by("-number").first()
        before = _keys(last)
        after = {f"{rate.key}: {_canonical(rate)}" for rate in rates}
        added, removed = tuple(sorted(after - before)), tuple(sorted(before - after))
        kept = len(after & before)
        if dry_run:
            return BookImport(None, added, removed, kept, faults)
        if last is not None and last.digest == digest:
            return BookImport(version(book=last), (), (), kept, ())
        book = models.Book(
            name=name, number=last.number + 1 if last else 1, as_of=as_of, digest=digest, actor=actor, imported_at=now,
            destinations=sorted({rate.destination for rate in rates}),
        )  # fmt: skip
        try:
            with transaction.atomic():
                book.save(force_insert=True)
        except IntegrityError as error:
            raise BookMoved(name=name) from error
        models.Row.objects.bulk_create(
            [
                models.Row(
                    book=book, position=i, hs_prefix=rate.hs_prefix, origin=rate.origin, destination=rate.destination,
                    measure=rate.measure, params=dict(rate.params), valid_from=rate.valid_from, valid_to=rate.valid_to,
                    confirmed=rate.confirmed, source=rate.source, note=rate.note,
                )
                for i, rate in enumerate(rates, 2)
            ],
            batch_size=2_000,
        )  # fmt: skip
    newest_editions.forget()
    return BookImport(version(book=book), added, removed, kept, ())


def found_books(*, now: datetime) -> tuple[BookVersion, ...]:
    """Import the books that ship with the software where they are not there yet. Newer versions are left alone."""
    there = set(models.Book.objects.values_list("name", flat=True))
    made = []
    for folder, regime in regimes.REGIMES.items():
        if (name := regimes.book_name(folder)) in there:
            continue
        content = regimes.shipped(folder)
        done = import_book(name=name, content=content, as_of=regime.as_of, actor="entrepot", now=now).version
        if done is not None:
            made.append(done)
    return tuple(made)


def version(*, book: models.Book) -> BookVersion:
    return BookVersion(book.name, book.number, book.as_of)


def _canonical(rate: Rate) -> str:
    to = rate.valid_to.isoformat() if rate.valid_to else ""
    params = json.dumps(rate.params, sort_keys=True, separators=(",", ":"))
    return f"{params} to {to or '-'} {'confirmed' if rate.confirmed else 'unconfirmed'}"


def _keys(book: models.Book | None) -> set[str]:
    if book is None:
        return set()
    return {
        f"{rate.key}: {_canonical(rate)}" for row in models.Row.objects.filter(book=book) for rate in [rate_of(row=row)]
    }


def rate_of(*, row: models.Row) -> Rate:
    """A stored row as the frozen object rules work with."""
    return Rate(
        row.hs_prefix, row.origin, row.destination, row.measure, row.params, row.valid_from, row.valid_to,
        row.confirmed, row.source, row.note, formula(row.measure, row.params),
    )  # fmt: skip
