"""A file's bytes as a table of texts: CSV (UTF-8, marked UTF-16, GB18030) or the first filled sheet of an XLSX."""

from __future__ import annotations

import codecs
import csv
import io
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from entrepot.catalogue.importing import workbook
from entrepot.kit.refusals import Invalid

FILE_MAX_BYTES = 20 * 1024 * 1024
UNPACKED_MAX_BYTES = 60 * 1024 * 1024
ROWS_MAX = 100_000
COLUMNS_MAX = 200
CELL_LENGTH_MAX = 10_000
WORKBOOK_TIMEOUT_S = 60
ENCODINGS = ("utf-8", "gb18030", "utf-16", "cp1250", "cp1252")
Row = tuple[int, tuple[str, ...]]
_DELIMITERS = ",;\t|"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class EmptyFile(Invalid):
    code = "empty_file"
    zh = "文件是空的，或只有表头"
    en = "The file is empty or holds nothing but headings"


class FileTooLarge(Invalid):
    code = "file_too_large"
    status = 413
    zh = "文件过大：最大 {size_max_mb} MB"
    en = "The file is too large: {size_max_mb} MB at most"


class TooManyCells(Invalid):
    code = "too_many_cells"
    zh = "表格过大：最多 {rows_max} 行、{columns_max} 列"
    en = "The table is too large: {rows_max} rows and {columns_max} columns at most"


class UnknownFormat(Invalid):
    code = "unknown_format"
    zh = "无法识别的文件：请上传 CSV 或 XLSX"
    en = "Not a file that can be read: upload CSV or XLSX"


class OldWorkbook(Invalid):
    code = "old_workbook"
    zh = "这是旧版 XLS 或加密的工作簿：请另存为不加密的 XLSX 或 CSV"
    en = "This is an old XLS or an encrypted workbook: save it as XLSX without a password, or as CSV"


class BrokenWorkbook(Invalid):
    code = "broken_workbook"
    zh = "工作簿已损坏，或解开后超出限制，无法读取"
    en = "The workbook is broken, or unpacks beyond the limits, and cannot be read"


class UnknownEncoding(Invalid):
    code = "unknown_encoding"
    zh = "文字编码无法识别：请用 UTF-8 或 GB18030 保存"
    en = "The text is in no encoding that can be told: save it as UTF-8 or GB18030"


class BrokenCsv(Invalid):
    code = "broken_csv"
    zh = "第 {line} 行的引号或内容不完整，无法拆分成列"
    en = "Line {line} cannot be split into columns: its quotes do not match or a cell is too long"


class BadHeadings(Invalid):
    code = "bad_headings"
    zh = "第一行须为表头，且不得重复：{name}"
    en = "The first line must hold the headings, each only once: {name}"


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are (line in the file, cells): as many cells as headings, more only where the file has more."""

    kind: str  # "csv" or "xlsx"
    encoding: str
    delimiter: str
    sheet: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def read(content: bytes, *, encoding: str = "") -> Table:
    """The table in a file; an encoding given is used instead of the detected one. Raises the refusals above."""
    if len(content) > FILE_MAX_BYTES:
        raise FileTooLarge(field="file", size_max_mb=FILE_MAX_BYTES // 2**20)
    if content[:2] == b"\x1f\x8b":
        content = _gunzip(content)
    if content[:4] == b"PK\x03\x04":
        return _read_workbook(content)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise OldWorkbook(field="file")
    if not content.strip():
        raise EmptyFile(field="file")
    return _read_csv(content, encoding)


def _gunzip(content: bytes) -> bytes:
    """One gzip member, never more than the limit in memory. Raises FileTooLarge, UnknownFormat."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content, UNPACKED_MAX_BYTES)
    except zlib.error as broken:
        raise UnknownFormat(field="file") from broken
    if unpacker.unconsumed_tail:
        raise FileTooLarge(field="file", size_max_mb=UNPACKED_MAX_BYTES // 2**20)
    if not unpacker.eof:
        raise UnknownFormat(field="file")
    return unpacked


def _decoded(content: bytes, encoding: str) -> tuple[str, str]:
    """The text and its encoding. Raises UnknownEncoding, UnknownFormat."""
    if encoding and encoding not in ENCODINGS:
        raise UnknownEncoding(field="encoding")
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    marked = next((name for mark, name in marks if content.startswith(mark)), "")
    for name in [encoding] if encoding else [marked] if marked else ["utf-8", "gb18030"]:
        try:
            words = content.decode(name)
        except UnicodeDecodeError:
            continue
        # GB18030 can be read out of many a picture: control characters tell that it is none.
        if _CONTROL.search(words):
            raise UnknownFormat(field="file")
        return words.removeprefix("\ufeff"), name
    raise UnknownEncoding(field="file")


def _delimiter(words: str) -> str:
    line = next((line for line in words.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _records(words: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(first line, cells) of every record. Raises BrokenCsv."""
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as broken:
        raise BrokenCsv(field="file", line=line) from broken


def _read_csv(content: bytes, encoding: str) -> Table:
    words, name = _decoded(content, encoding)
    try:
        delimiter = _delimiter(words)
    except csv.Error as broken:
        raise BrokenCsv(field="file", line=1) from broken
    headings, rows = _table(_records(words, delimiter))
    return Table("csv", name, delimiter, "", headings, rows)


def _read_workbook(content: bytes) -> Table:
    command = [sys.executable, "-m", workbook.__name__, str(ROWS_MAX), str(COLUMNS_MAX)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=WORKBOOK_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as slow:
        raise BrokenWorkbook(field="file") from slow
    if done.returncode == workbook.TOO_LARGE:
        raise _too_many()
    if done.returncode:
        raise BrokenWorkbook(field="file")
    found = msgspec.json.decode(done.stdout)
    headings, rows = _table(enumerate(found["rows"], start=1))
    return Table("xlsx", "", "", found["sheet"], headings, rows)


def _too_many() -> TooManyCells:
    return TooManyCells(field="file", rows_max=ROWS_MAX, columns_max=COLUMNS_MAX)


def _headings(cells: list[str]) -> tuple[str, ...]:
    """Raises BadHeadings, TooManyCells."""
    headings = [" ".join(cell.split()) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > COLUMNS_MAX:
        raise _too_many()
    seen: set[str] = set()
    for heading in headings:
        if len(heading) > 200 or heading.casefold() in seen:
            raise BadHeadings(field="file", name=heading[:60])
        seen |= {heading.casefold()} if heading else set()
    if not seen:
        raise BadHeadings(field="file", name="—")
    return tuple(headings)


def _table(records: Iterator[tuple[int, list[str]]]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Headings and filled rows, at least as wide. Raises BadHeadings, EmptyFile, TooManyCells, BrokenCsv."""
    headings: tuple[str, ...] | None = None
    rows: list[Row] = []
    for line, cells in records:
        trimmed = [cell.strip() for cell in cells]
        while trimmed and not trimmed[-1]:
            trimmed.pop()
        if not trimmed:
            continue
        if headings is None:
            headings = _headings(trimmed)
            continue
        if len(rows) >= ROWS_MAX or len(trimmed) > COLUMNS_MAX:
            raise _too_many()
        if max(map(len, trimmed)) > CELL_LENGTH_MAX:
            raise BrokenCsv(field="file", line=line)
        rows.append((line, tuple(trimmed) + ("",) * (len(headings) - len(trimmed))))
    if headings is None or not rows:
        raise EmptyFile(field="file")
    return headings, tuple(rows)
