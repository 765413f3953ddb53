"""China's tariff in dated steps as rows of a rate book. Pure.

The file (CSV: `hs10`, `description`, then dated columns such as "November 1, 2018 | Change of MFN tariffs …") holds the
MFN rate of one day and after it CHANGES in percentage points; the rate of a day is the running sum. Columns whose
title says retaliation apply to goods of the United States alone and run up a sum of their own. What is not one rate
after another is left out and listed; nothing is guessed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from entrepot.tariff.importing.converted import BadSource, Converted, LeftOut, text, written

SOURCE = "Bown, Jung, Zhang, PIIE, 12 June 2019"
MEASURES = ("duty", "additional.retaliation")
ORIGIN = {"duty": "", "additional.retaliation": "US"}
PLACES = Decimal("0.001")  # of a percentage point: the finest that the file holds
NOISE_MAX = Decimal("0.00001")  # percentage points that binary floating point has left in the cells
PRINTED = Decimal("0.1")  # rates of the law have no more than tenths of a per cent
EQUIVALENT = "Finer than a tenth of a per cent: what a duty by quantity came to, not a rate the law prints"
CHANGE_MAX = Decimal(10_000)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_TITLE = re.compile(r"([A-Z][a-z]+) (\d{1,2}), (\d{4}) \| (.+)", re.ASCII)
_CODE = re.compile(r"(\d{10})([A-Z]?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Column:
    day: date
    title: str
    measure: str


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the file: where it is, its code with the letter, and the cells after the description."""

    number: int
    code: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Step:
    """The rate that holds from a day on, in per cent."""

    day: date
    percent: Decimal
    title: str


def convert(content: bytes, known_to: date) -> Converted:
    """Rows of `duty` (any origin) and `additional.retaliation` (origin US) that hold until `known_to`, included.

    What came later the file does not know, so the rows end there. Raises BadSource.
    """
    reader = csv.reader(io.StringIO(text(content), newline=""))
    columns = _columns(next(reader, []))
    last = max(column.day for column in columns)
    if known_to < last:
        raise _bad(f"最后一次调整在 {last}，晚于 {known_to}", f"its last step is of {last}, after {known_to}")
    by_code: dict[str, list[_Line]] = {}
    left_out: list[LeftOut] = []
    for number, cells in enumerate(reader, 2):
        code = _CODE.fullmatch(cells[0].strip()) if len(cells) == 2 + len(columns) else None
        line = _Line(number, cells[0].strip() if cells else "-", cells[2:])
        if code is None:
            left_out.append(
                _left(line, "form", "不是十位编码，或列数不符", "not a code of ten digits, or not all columns")
            )
        else:
            by_code.setdefault(code[1], []).append(line)
    rows: list[tuple[str, ...]] = []
    until = known_to + timedelta(days=1)
    for digits, lines in sorted(by_code.items()):
        for measure in MEASURES:
            rows += _rows((digits, measure), _agreed(lines, columns, measure, left_out), until)
    return written(rows, sorted(left_out, key=lambda left: left.row))


def _columns(header: Sequence[str]) -> list[_Column]:
    if [name.strip() for name in header[:2]] != ["hs10", "description"] or len(header) < 3:
        raise _bad("前三列应为 hs10、description 与某日的税率", "its columns are hs10, description and rates of a day")
    columns = [_column(title) for title in header[2:]]
    if columns[0].measure != "duty" or any(a.day > b.day for a, b in zip(columns, columns[1:], strict=False)):
        raise _bad("首个日期列应为最惠国税率，日期应递增", "the first day has the MFN rates, and days do not go back")
    return columns


def _column(title: str) -> _Column:
    made = _TITLE.fullmatch(title.strip())
    if made is None or made[1] not in _MONTHS:
        raise _bad(
            f"列名 {title!r} 应如 'May 1, 2018 | …'", f"a column is headed like 'May 1, 2018 | …', not {title!r}"
        )
    try:
        day = date(int(made[3]), _MONTHS.index(made[1]) + 1, int(made[2]))
    except ValueError as error:
        raise _bad(f"没有这一天：{title!r}", f"there is no such day: {title!r}") from error
    if "retaliation" in made[4].lower():
        return _Column(day, title.strip(), "additional.retaliation")
    if "MFN" in made[4]:
        return _Column(day, title.strip(), "duty")
    raise _bad(f"既非最惠国也非加征：{title!r}", f"neither MFN nor retaliation: {title!r}")


def _agreed(lines: Sequence[_Line], columns: Sequence[_Column], measure: str, left_out: list[LeftOut]) -> list[_Step]:
    """The steps of a code of ten digits. Lines that differ by a letter are classes by value, which no code of ten
    digits tells apart: they are taken where all have the same steps, else none is."""
    read = [_steps(line, columns, measure) for line in lines]
    first = read[0]
    whole = len(lines) > 1 or len(lines[0].code) == 10
    if whole and not isinstance(first, LeftOut) and all(steps == first for steps in read):
        return first
    zh = f"{measure}：十位编码下按价格分档，税率不同或不全"
    en = f"{measure}: its code has classes by value with other or unknown rates"
    left_out += [
        steps if isinstance(steps, LeftOut) else _left(line, "classes", zh, en)
        for line, steps in zip(lines, read, strict=True)
    ]
    return []


def _steps(line: _Line, columns: Sequence[_Column], measure: str) -> list[_Step] | LeftOut:
    """The running sum of a line's cells, day by day; days without a change make no step."""
    steps: list[_Step] = []
    total = Decimal(0)
    for column, cell in zip(columns, line.cells, strict=True):
        if column.measure != measure:
            continue
        change = _number(cell)
        if change is None:
            zh = f"{measure}：“{column.title}” 栏无税率"
            return _left(line, "no_rate", zh, f"{measure}: no number under {column.title!r}")
        total += change
        percent = total.quantize(PLACES, ROUND_HALF_EVEN).normalize()
        if abs(total - percent) > NOISE_MAX or percent < 0:
            zh = f"{measure}：{column.day} 的累计 {total} 不是税率"
            return _left(line, "no_rate", zh, f"{measure}: {total} on {column.day} is no rate")
        if steps and steps[-1].day == column.day:
            steps.pop()
        if percent != (steps[-1].percent if steps else None):
            steps.append(_Step(column.day, percent, column.title))
    return steps


def _number(cell: str) -> Decimal | None:
    try:
        found = Decimal(cell.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < CHANGE_MAX else None


def _rows(of: tuple[str, str], steps: Sequence[_Step], until: date) -> Iterator[tuple[str, ...]]:
    """Half-open periods from step to step. A duty of 0 is a rate; a retaliation of 0 is none."""
    code, measure = of
    for i, step in enumerate(steps):
        if measure != "duty" and not step.percent:
            continue
        to = steps[i + 1].day if i + 1 < len(steps) else until
        rate = json.dumps({"rate": f"{(step.percent / 100).normalize():f}"}, separators=(",", ":"))
        printed = step.percent % PRINTED == 0
        yield (
            code, ORIGIN[measure], "CN", measure, rate, step.day.isoformat(), to.isoformat(),
            "yes" if printed else "no", f"{SOURCE}: {step.title}", "" if printed else EQUIVALENT,
        )  # fmt: skip


def _left(line: _Line, reason: str, zh: str, en: str) -> LeftOut:
    return LeftOut(line.number, line.code, reason, zh, en)


def _bad(zh: str, en: str) -> BadSource:
    return BadSource(field="content", why_zh=zh, why_en=en)
