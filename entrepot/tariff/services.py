"""Verbs of the rate books: a version is imported from CSV, checked row by row, and never edited afterwards."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from entrepot.kit.kept import Kept
from entrepot.kit.refusals import Invalid, Refusal
from entrepot.tariff import models, regimes
from entrepot.tariff.book import Rate, overlaps
from entrepot.tariff.params import BadParams
from entrepot.tariff.types import BookImport, BookVersion, RowFault

COLUMNS = (
    "hs_prefix", "origin", "destination", "measure", "params", "valid_from", "valid_to", "confirmed", "source", "note",
)  # fmt: skip
CONTENT_BYTES_MAX = 20 * 1024 * 1024
ROWS_MAX = 200_000
FAULTS_MAX = 100
# How long another process may answer from the versions before: a book is imported days before its rows hold.
NEWEST_KEPT_S = 5.0
newest_ids: Kept[tuple[UUID, ...]] = Kept(keep_s=NEWEST_KEPT_S, entries_max=300)  # by destination
_GROUP = re.compile(r"@[A-Z0-9_]{1,11}\Z")


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
    newest_ids.forget()
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


def read(*, content: bytes) -> tuple[tuple[Rate, ...], tuple[RowFault, ...]]:
    """Rows and faults of a CSV; at most FAULTS_MAX faults. Nothing is guessed: a row with a fault is left out."""
    if len(content) > CONTENT_BYTES_MAX:
        return (), (RowFault(1, "-", "文件过大", f"the file is larger than {CONTENT_BYTES_MAX} bytes"),)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return (), (RowFault(1, "-", "文件不是 UTF-8 编码", "the file is not UTF-8"),)
    reader = csv.reader(io.StringIO(text))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        wanted = ",".join(COLUMNS)
        return (), (RowFault(1, "-", f"表头应为 {wanted}", f"the header must be {wanted}"),)
    rates: list[Rate] = []
    rows: list[int] = []
    faults: list[RowFault] = []
    for number, cells in enumerate(reader, 2):
        if len(faults) >= FAULTS_MAX:
            break
        if number > ROWS_MAX:
            faults.append(RowFault(number, "-", "行数过多", f"more than {ROWS_MAX} rows"))
            break
        made = _rate(number, cells)
        if isinstance(made, RowFault):
            faults.append(made)
        else:
            rates.append(made)
            rows.append(number)
    if not rates and not faults:
        faults.append(RowFault(2, "-", "没有数据行", "there is no row"))
    for i, j in overlaps(rates):
        en = f"speaks for the same goods and days as row {rows[i]}"
        faults.append(RowFault(rows[j], "valid_from", f"与第 {rows[i]} 行适用期重叠", en))
    return tuple(rates), tuple(faults[:FAULTS_MAX])


def _rate(number: int, cells: list[str]) -> Rate | RowFault:
    if len(cells) != len(COLUMNS):
        return RowFault(number, "-", f"应有 {len(COLUMNS)} 列", f"{len(COLUMNS)} columns wanted, {len(cells)} found")
    row = {name: cell.strip() for name, cell in zip(COLUMNS, cells, strict=True)}
    if (fault := _fault(number, row)) is not None:
        return fault
    try:
        valid_from = date.fromisoformat(row["valid_from"])
        valid_to = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    except ValueError:
        return RowFault(number, "valid_from", "日期应写作 2026-01-31", "dates are written like 2026-01-31")
    if valid_to is not None and valid_to <= valid_from:
        return RowFault(number, "valid_to", "失效日应晚于生效日", "valid_to is after valid_from")
    try:
        params = json.loads(row["params"])
    except ValueError:
        return RowFault(number, "params", "参数不是 JSON", "the parameters are not JSON")
    if not isinstance(params, dict):
        return RowFault(number, "params", "参数应为 JSON 对象", "the parameters are a JSON object")
    try:
        parsed = _formula(row["measure"], params)
    except BadParams as error:
        return RowFault(number, "params", f"参数不正确：{error}", str(error))
    return Rate(
        row["hs_prefix"], row["origin"], row["destination"], row["measure"], params, valid_from, valid_to,
        row["confirmed"] == "yes", row["source"], row["note"], parsed,
    )  # fmt: skip


def _fault(number: int, row: dict[str, str]) -> RowFault | None:
    """The first cell that has the wrong form."""

    def iso(code: str) -> bool:
        return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()

    prefix = row["hs_prefix"]
    checks = (
        ("hs_prefix", not prefix or (prefix.isascii() and prefix.isdigit() and len(prefix) <= 10), "最多十位数字",
         "at most ten digits"),
        ("origin", not row["origin"] or iso(row["origin"]) or _GROUP.match(row["origin"]) is not None,
         "两位大写国家代码、@组名或留空", "two capital letters, @ and a group's name, or empty"),
        ("destination", iso(row["destination"]), "两位大写国家代码", "two capital letters"),
        ("measure", len(row["measure"]) <= 60 and regimes.parser(row["measure"]) is not None, "未知的措施",
         f"one of {', '.join(regimes.known_measures())}"),
        ("confirmed", row["confirmed"] in {"yes", "no"}, "yes 或 no", "yes or no"),
        ("source", 0 < len(row["source"]) <= 300, "必须写明依据", "a source is needed, at most 300 characters"),
        ("note", len(row["note"]) <= 500, "最多 500 字", "at most 500 characters"),
    )  # fmt: skip
    for column, fine, zh, en in checks:
        if not fine:
            return RowFault(number, column, zh, en)
    return None


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
        row.confirmed, row.source, row.note, _formula(row.measure, row.params),
    )  # fmt: skip


def _formula(measure: str, params: Mapping[str, Any]) -> object:
    """A row's parameters as its regime works with them. Raises BadParams."""
    parser = regimes.parser(measure)
    if parser is None:
        raise BadParams(f"unknown measure {measure!r}; known: {', '.join(regimes.known_measures())}")
    return parser(params)
