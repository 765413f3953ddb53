"""What a converter makes of a file in somebody else's shape: a rate book's CSV, and a list of all it could not take."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from entrepot.kit.refusals import Invalid

SOURCE_BYTES_MAX = 64 * 1024 * 1024  # after unpacking
_COLUMNS = (
    "hs_prefix", "origin", "destination", "measure", "params", "valid_from", "valid_to", "confirmed", "source", "note",
)  # fmt: skip


class BadSource(Invalid):
    """The file does not have the shape that the converter reads."""

    code = "bad_source"
    zh = "源文件无法转换：{why_zh}"
    en = "The source file cannot be converted: {why_en}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line of the source that became no row. `row` counts from 1 = the header."""

    row: int
    code: str
    reason: str  # one word, so that they can be counted
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Converted:
    content: bytes  # CSV as `import_book` wants it
    rows: int
    left_out: tuple[LeftOut, ...]


def source_rows(content: bytes, needed: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Numbered rows of a CSV, plain or gzip, UTF-8. Raises BadSource."""
    reader = csv.DictReader(io.StringIO(text(content), newline=""))
    missing = [name for name in needed if name not in (reader.fieldnames or ())]
    if missing:
        names = ", ".join(missing)
        raise BadSource(field="content", why_zh=f"缺少列 {names}", why_en=f"columns are missing: {names}")
    for number, row in enumerate(reader, 2):
        yield number, {name: (row[name] or "").strip() for name in needed}


def written(rows: Iterable[Sequence[str]], left_out: Iterable[LeftOut]) -> Converted:
    """The rows under the header of a rate book."""
    out, count = io.StringIO(), 0
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow(row)
        count += 1
    return Converted(out.getvalue().encode(), count, tuple(left_out))


def text(content: bytes) -> str:
    """The text of a file, plain or gzip, UTF-8. Raises BadSource."""
    large = BadSource(field="content", why_zh="文件过大", why_en=f"it is larger than {SOURCE_BYTES_MAX} bytes")
    if content[:2] == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(SOURCE_BYTES_MAX + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise BadSource(field="content", why_zh="gzip 已损坏", why_en="the gzip is damaged") from error
    if len(content) > SOURCE_BYTES_MAX:
        raise large
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadSource(field="content", why_zh="不是 UTF-8 编码", why_en="it is not UTF-8") from error
