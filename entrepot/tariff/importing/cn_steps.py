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

from entrepot.kit.refusals import Invalid
from entrepot.tariff.importing.converted import Converted, LeftOut, text_of, written

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


class NotSteps(Invalid):
    """The file does not have the shape of dated steps."""

    code = "not_steps"
    zh = "文件不是按日期分步的税则：{why_zh}"
    en = "The file is not a tariff in dated steps: {why_en}"


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

    What came later the file does not know, so the rows end there. Raises BadSource, NotSteps.
    """
    reader = csv.reader(io.StringIO(text_of(content)))
    columns = _columns(next(reader, []))
    last = max(column.day for column in columns)
    if known_to < last:
        raise _no(
            f"最后一步为 {last}，内容截至日不能是 {known_to}", f"its last step is of {last}, after the day {known_to}"
        )
    by_code: dict[str, list[_Line]] = {}
    left_out: list[LeftOut] = []
    for cells in reader:
        code = _CODE.fullmatch(cells[0].strip()) if len(cells) == 2 + len(columns) else None
        line = _Line(reader.line_num, cells[0] if cells else "-", cells[2:])
        if code is None:
            left_out.append(
                _left(line, "-", "不是十位编码，或列数不符", "not a code of ten digits, or not all columns")
            )
        else:
            by_code.setdefault(code[1], []).append(line)
    until = known_to + timedelta(days=1)
    rows = [
        row
        for code_, lines in sorted(by_code.items())
        for measure in MEASURES
        for row in _rows((code_, measure), _agreed(lines, columns, measure, left_out), until)
    ]
    return written(rows, sorted(left_out, key=lambda left: left.row))


def _columns(header: Sequence[str]) -> list[_Column]:
    if [name.strip() for name in header[:2]] != ["hs10", "description"] or len(header) < 3:
        raise _no("前几列应为 hs10、description 和某日的最惠国税率", "hs10, description and MFN rates come first")
    columns = [_column(title) for title in header[2:]]
    if columns[0].measure != "duty" or any(a.day > b.day for a, b in zip(columns, columns[1:], strict=False)):
        raise _no(
            "首个日期列应为最惠国税率，日期不得倒退", "the first dated column holds MFN rates; days do not go back"
        )
    return columns


def _column(title: str) -> _Column:
    made = _TITLE.fullmatch(title.strip())
    if made is None or made[1] not in _MONTHS:
        raise _no(f"列标题应形如 May 1, 2018 | …：{title!r}", f"a column is headed like May 1, 2018 | …, not {title!r}")
    try:
        day = date(int(made[3]), _MONTHS.index(made[1]) + 1, int(made[2]))
    except ValueError as error:
        raise _no(f"没有这一天：{title!r}", f"there is no such day: {title!r}") from error
    if "retaliation" in made[4].lower():
        return _Column(day, title.strip(), "additional.retaliation")
    if "MFN" in made[4]:
        return _Column(day, title.strip(), "duty")
    raise _no(f"既非最惠国税率也非反制税率：{title!r}", f"neither MFN nor retaliation: {title!r}")


def _agreed(lines: Sequence[_Line], columns: Sequence[_Column], measure: str, left_out: list[LeftOut]) -> list[_Step]:
    """The steps of a code of ten digits. Lines that differ by a letter are classes by value, which no code of ten
    digits tells apart: they are taken where all have the same steps, else none is."""
    found: list[list[_Step]] = []
    for line in lines:
        steps = _steps(line, columns, measure)
        if isinstance(steps, LeftOut):
            left_out.append(steps)
        else:
            found.append(steps)
    whole = len(found) == len(lines) and (len(lines) > 1 or len(lines[0].code.strip()) == 10)
    if whole and all(steps == found[0] for steps in found):
        return found[0]
    known = {fault.row for fault in left_out if fault.code.endswith(measure)}
    for line in lines:
        if line.number not in known:
            zh, en = "十位编码下按价格分档，税率不同或不全", "its code has classes by value with other or unknown rates"
            left_out.append(_left(line, measure, zh, en))
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
            return _left(line, measure, f"“{column.title}” 无税率：{cell or '空'}", f"no number under {column.title!r}")
        total += change
        percent = total.quantize(PLACES, ROUND_HALF_EVEN).normalize()
        if abs(total - percent) > NOISE_MAX or percent < 0:
            return _left(line, measure, f"{column.day} 的累计 {total} 不是税率", f"{total} on {column.day} is no rate")
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


def _left(line: _Line, measure: str, zh: str, en: str) -> LeftOut:
    return LeftOut(line.number, f"{line.code} {measure}", "no_rate", zh, en)


def _no(zh: str, en: str) -> NotSteps:
    return NotSteps(field="content", why_zh=zh, why_en=en)
