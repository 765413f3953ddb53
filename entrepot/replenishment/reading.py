"""Files of other systems, line by line: CSV, plain or gzip. A file never lies in memory."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from entrepot.kit.refusals import Invalid

Progress = Callable[[int, int], None]
BYTES_MAX = 2 * 2**30
_CHUNK = 2**20
_GZIP = b"\x1f\x8b"
_EVERY = 5_000


class CannotRead(Invalid):
    code = "cannot_read_file"
    zh = "无法读取文件 {name}"
    en = "The file {name} cannot be read"


class HeadingsMissing(Invalid):
    code = "headings_missing"
    zh = "文件缺少这些列：{missing}"
    en = "The file has no column for: {missing}"


def nothing(_done: int, _whole: int) -> None:
    """For callers who do not look."""


def digest(files: Sequence[Path], *said: str) -> bytes:
    """SHA-256 of the files and of what is said about them. Refuses CannotRead."""
    made = hashlib.sha256("\0".join(said).encode())
    for file in files:
        for chunk in _chunks(file):
            made.update(chunk)
    return made.digest()


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as content:
            while chunk := content.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise CannotRead(field="file", name=file.name) from error


@contextmanager
def table(
    file: Path,
    headings: Mapping[str, Sequence[str]],
    progress: Progress,
    more: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Lines of the file as (number, cells in the order of `headings`); a line with too few cells is an empty list.

    `headings`: our name for a column and the names it may have; `more`: of columns that may be missing, their cells
    come after and are empty then. Refuses CannotRead and HeadingsMissing.
    """
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            unpacked = gzip.GzipFile(fileobj=raw) if packed else raw
            text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="", errors="replace")
            rows = csv.reader(text)
            columns = _columns(next(rows, []), headings, more or {})
            whole = file.stat().st_size
            if whole > BYTES_MAX:
                raise CannotRead(field="file", name=file.name)
            yield _lines(rows, columns, lambda: progress(raw.tell(), whole))
            progress(whole, whole)
    except (OSError, EOFError, csv.Error) as error:
        raise CannotRead(field="file", name=file.name) from error


def _columns(
    found: Sequence[str], headings: Mapping[str, Sequence[str]], more: Mapping[str, Sequence[str]]
) -> list[int | None]:
    places = {heading.strip().lower(): i for i, heading in enumerate(found)}
    columns = {
        name: next((places[one.lower()] for one in (name, *others) if one.lower() in places), None)
        for name, others in {**headings, **more}.items()
    }
    if missing := [name for name in headings if columns[name] is None]:
        raise HeadingsMissing(field="file", missing=", ".join(missing))
    return list(columns.values())


def _lines(
    rows: Iterator[list[str]], columns: Sequence[int | None], look: Callable[[], None]
) -> Iterator[tuple[int, list[str]]]:
    last = max(place for place in columns if place is not None)
    for number, row in enumerate(rows, start=2):
        if number % _EVERY == 0:
            look()
        yield number, (["" if i is None else row[i].strip() for i in columns] if len(row) > last else [])
