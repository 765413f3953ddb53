"""Euro reference rates of the European Central Bank as `fx.<currency>` rows for one destination. Pure.

The file (`eurofxref-hist.csv`, plain or gzip): `Date`, then one column a currency, units for one euro; newest day
first, working days only, `N/A` where there is none, a comma at the end of each line. A row holds from its day to the
next day of the file: over weekends and holidays the last rate stands. The newest, and one before a hole in the file,
holds HELD_DAYS_MAX days; where the next day has no rate for the currency, the last one ends there.

A rate between two currencies is the quotient of their euro rates to PLACES significant digits, half-up; the euro's own
is as printed. Equal rates of days that follow each other are one row. The European Central Bank is not customs: a
customs office may prescribe a rate of its own.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from itertools import pairwise

from entrepot.kit.refusals import Invalid
from entrepot.tariff.importing.converted import Converted, text_of, written

PLACES = 12
HELD_DAYS_MAX = 5  # the longest gap between two working days of the file
SPAN_DAYS = 731  # where no first day is asked for: two years, some 15,000 rows
_SOURCE = "European Central Bank: euro reference rates"
_NOTE = "not customs' own"
_DIVIDE = Context(prec=PLACES, rounding=ROUND_HALF_UP)
_NONE = ("N/A", "")


class BadHistory(Invalid):
    """The file is not a history of euro reference rates."""

    code = "bad_rate_history"
    zh = "汇率文件第 {row} 行 {column} 无法读取：{why_zh}"
    en = "The history of rates cannot be read in row {row}, {column}: {why_en}"


class NoSuchRates(Invalid):
    """The file has no rates for what was asked."""

    code = "no_such_rates"
    zh = "汇率文件中没有所要求的汇率：{what_zh}"
    en = "The history has no such rates: {what_en}"


class TooManyRates(Invalid):
    """More rows than one import takes: a later first day, or fewer currencies, are needed."""

    code = "too_many_rates"
    zh = "共 {rows} 行，一次导入最多 {rows_max} 行：请指定更晚的起始日（例如 {since}）或更少的币种"
    en = "{rows} rows are more than the {rows_max} of one import: begin later (on {since}) or ask for fewer currencies"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`since` and `until` are both days that count; None is the span's own end. `only` none means all currencies."""

    destination: str
    currency: str
    since: date | None = None
    until: date | None = None
    only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Row:
    currency: str
    rate: Decimal
    start: date
    end: date


def convert(content: bytes, wanted: Wanted, *, rows_max: int, bytes_max: int) -> Converted:
    """Rows of a rate book, as many as one import takes. Raises BadSource, BadHistory, NoSuchRates,
    TooManyRates."""
    history = read(content)
    if wanted.currency != "EUR" and not any(wanted.currency in rates for _, rates in history):
        raise _nothing(f"币种 {wanted.currency}", f"currency {wanted.currency}")
    until = wanted.until or history[-1][0]
    since = wanted.since or until - timedelta(days=SPAN_DAYS)
    # The rate of the last working day before the span stands on its first days.
    before = [day for day, _ in history if day <= since]
    start = before[-1] if before else since
    days = [(day, rates) for day, rates in history if start <= day <= until]
    after = next((day for day, _ in history if day > until), None)
    rows = list(_rows(days, after, wanted))
    if not rows:
        raise _nothing(f"{since} 至 {until}", f"{since} to {until}")
    made = _written(rows, wanted)
    most = min(rows_max, len(rows) * bytes_max // len(made.content))
    if len(rows) > most:
        fits = _fitting(rows, most)
        raise TooManyRates(field="since", rows=len(rows), rows_max=most, since=fits.isoformat())
    return made


def read(content: bytes) -> list[tuple[date, Mapping[str, Decimal]]]:
    """All days, oldest first, each with the currencies that have a rate. Raises BadSource, BadHistory."""
    lines = csv.reader(io.StringIO(text_of(content), newline=""))
    header = [name.strip() for name in next(lines, [])]
    if header[:1] != ["Date"] or len(header) < 2:
        raise _bad(1, "Date", "表头应为 Date 和币种", "the header is Date and currencies")
    found: dict[date, Mapping[str, Decimal]] = {}
    for number, cells in enumerate(lines, 2):
        if not cells:
            continue
        day = _day(number, cells[0])
        if day in found:
            raise _bad(number, "Date", "日期重复", "the day occurs twice")
        pairs = zip(header[1:], cells[1:], strict=False)
        found[day] = {
            name: _rate(number, name, cell.strip()) for name, cell in pairs if name and cell.strip() not in _NONE
        }
    if not found:
        raise _bad(2, "Date", "没有数据行", "there is no row")
    return sorted(found.items())


def cross(rates: Mapping[str, Decimal], one: str, of: str) -> Decimal | None:
    """Units of `of` for one of `one`, to PLACES significant digits; None where either has no rate."""
    if one == "EUR":
        return rates.get(of)
    if one not in rates:
        return None
    if of == "EUR":
        return _DIVIDE.divide(Decimal(1), rates[one])
    return _DIVIDE.divide(rates[of], rates[one]) if of in rates else None


def _rows(days: Sequence[tuple[date, Mapping[str, Decimal]]], after: date | None, wanted: Wanted) -> Iterator[_Row]:
    """In the order of their first days; a row is given once its end is known."""
    held: dict[str, _Row] = {}
    made: list[_Row] = []
    ends = [day for day, _ in days[1:]] + [after or date.max]
    names = {"EUR", *(name for _, rates in days for name in rates)} - {wanted.currency}
    for (day, rates), following in zip(days, ends, strict=True):
        end = min(following, day + timedelta(days=HELD_DAYS_MAX))
        for name in sorted(names & wanted.only if wanted.only else names):
            rate, last = cross(rates, name, wanted.currency), held.pop(name, None)
            if rate is not None and last is not None and (last.rate, last.end) == (rate, day):
                held[name] = _Row(name, rate, last.start, end)
                continue
            if last is not None:
                made.append(last)
            if rate is not None:
                held[name] = _Row(name, rate, day, end)
    yield from sorted((*made, *held.values()), key=lambda row: (row.start, row.currency))


def _fitting(rows: Sequence[_Row], rows_max: int) -> date:
    """A first day from which the rows would fit: whole days, and the one before the span comes along."""
    first = rows[-rows_max].start
    later = sorted({row.start for row in rows if row.start > first})
    return next((b for _, b in pairwise(later)), first)


def _written(rows: Sequence[_Row], wanted: Wanted) -> Converted:
    def cells(row: _Row) -> tuple[object, ...]:
        params = json.dumps({"rate": f"{row.rate:f}"}, separators=(",", ":"))
        return "", "", wanted.destination, f"fx.{row.currency}", params, row.start, row.end, "yes", _SOURCE, _NOTE

    return written(map(cells, rows))


def _day(number: int, cell: str) -> date:
    try:
        return date.fromisoformat(cell.strip())
    except ValueError as error:
        raise _bad(number, "Date", "日期应写作 2025-12-31", "days are written like 2025-12-31") from error


def _rate(number: int, name: str, cell: str) -> Decimal:
    try:
        rate = Decimal(cell)
    except InvalidOperation as error:
        raise _bad(number, name, "不是数字", "it is not a number") from error
    if not rate.is_finite() or rate <= 0:
        raise _bad(number, name, "应大于 0", "it must be above 0")
    return rate


def _bad(row: int, column: str, zh: str, en: str) -> BadHistory:
    return BadHistory(field="content", row=row, column=column, why_zh=zh, why_en=en)


def _nothing(zh: str, en: str) -> NoSuchRates:
    return NoSuchRates(field="content", what_zh=zh, what_en=en)
