"""Tables as files: CSV that is sent while it is read, and workbooks."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import Any, TypeVar

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import get_language, override

from entrepot.kit.clock import CHINA

Row = Sequence[Any]
T = TypeVar("T")
PAGES_MAX = 1_000
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no workbook holds them; they come with copied text
# A spreadsheet would reckon these; a text that somebody else wrote must stay one. Figures may begin with a sign.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.]+$)")


class Form(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


def table(*, rows: Iterable[Row], name: str, form: Form) -> HttpResponseBase:
    """A file named `name` with the rows, the first of which are the headings. Times are those of China."""
    if form is Form.XLSX:
        return FileResponse(_workbook(rows), as_attachment=True, filename=f"{name}.xlsx")
    answer = StreamingHttpResponse(_csv(_said(rows, get_language() or "")), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def paged(ask: Callable[[int], Sequence[T]], *, size: int) -> Iterator[T]:
    """Everything that a list holds, read page by page; of a list without end `PAGES_MAX` pages."""
    for page in range(1, PAGES_MAX + 1):
        found = ask(page)
        yield from found
        if len(found) < size:
            return


def _said(rows: Iterable[Row], language: str) -> Iterator[Row]:
    """The rows in the language of who asked: a streamed answer is made after the request's own has ended."""
    rows = iter(rows)
    while True:
        with override(language):
            row = next(rows, None)
        if row is None:
            return
        yield row


def _csv(rows: Iterable[Row]) -> Iterator[str]:
    yield "\ufeff"  # so that spreadsheets read Chinese
    for row in rows:
        out = io.StringIO()
        csv.writer(out).writerow([_plain(cell) for cell in row])
        yield out.getvalue()


def _workbook(rows: Iterable[Row]) -> Any:
    """Written row by row: a large one never lies in memory. The library is loaded by the first one: it would cost each
    start of each process a quarter of a second."""
    book = import_module("openpyxl").Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_plain(cell) if isinstance(cell, (str, datetime)) else cell for cell in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 closed by the answer
    book.save(file)
    file.seek(0)
    return file


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    if not isinstance(cell, str):
        return cell
    text = _UNWRITABLE.sub(" ", cell)
    return f"'{text}" if _FORMULA.match(text) else text
