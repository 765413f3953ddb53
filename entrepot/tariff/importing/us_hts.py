"""The tariff of the United States (USITC's database, one line per HTS8) and the Section 301 lists, as rate books.

Nothing is guessed: a line whose text is not read, or whose text and columns disagree, becomes no row and is listed. A
duty that stays in force past its edition is written as unconfirmed from then on, so that a quote says so. Pure.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from importlib.resources import files
from typing import Any

from entrepot.tariff import expressions
from entrepot.tariff.expressions import UnparsableDuty
from entrepot.tariff.importing.converted import BadSource, Converted, LeftOut, source_rows, written
from entrepot.tariff.measures import Levy

EDITION_END = date(2018, 1, 1)  # the first day that the 2017 edition does not speak for
OPEN_END = date(2050, 12, 31)  # the database's way of saying "in force"
SPECIAL = ("98", "99")  # special and temporary provisions: no goods of their own
SOURCE = "USITC tariff database 2017, HTS {code}, general rate of column 1"
LATER = "Rate of the 2017 edition; later editions of the tariff were not compared"
_COLUMNS = (
    "hts8", "mfn_text_rate", "mfn_ad_val_rate", "mfn_specific_rate", "mfn_other_rate", "quantity_1_code",
    "begin_effect_date", "end_effective_date",
)  # fmt: skip
Row = tuple[str, ...]


@dataclass(slots=True)
class _Taken:
    rows: list[Row] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def general_duty(content: bytes) -> Converted:
    """`duty` rows by HTS8 from the USITC database (CSV, plain or gzip). Raises BadSource."""
    taken = _Taken()
    for number, source in source_rows(content, _COLUMNS):
        made = _duty(number, source)
        if isinstance(made, LeftOut):
            taken.left_out.append(made)
        else:
            taken.rows += made
    return written(taken.rows, taken.left_out)


def section_301(content: bytes) -> Converted:
    """`additional.section_301` rows for goods of China from `list,hts8` (CSV). Raises BadSource.

    A code on two lists becomes a `not_verified` row: part of the line is on the one, part on the other.
    """
    steps = _steps()
    lists: dict[str, dict[str, int]] = defaultdict(dict)
    taken = _Taken()
    for number, source in source_rows(content, ("list", "hts8")):
        code, name = source["hts8"], source["list"]
        if not _is_code(code):
            taken.left_out.append(LeftOut(number, code, "code", "不是八位编码", "not a code of eight digits"))
        elif code[:2] in SPECIAL:
            taken.left_out.append(_special(number, code))
        else:
            lists[code].setdefault(name, number)
    for code, named in sorted(lists.items()):
        for name, number in named.items():
            if name not in steps:
                zh, en = f"清单 {name} 没有已知税率", f"list {name} has no rate that ever came into force"
                taken.left_out.append(LeftOut(number, code, "list", zh, en))
        known = [name for name in named if name in steps]
        if len(named) > 1 and known:
            taken.rows += _ambiguous(code, sorted(named), [steps[name] for name in known])
        elif known:
            taken.rows += [_additional(code, step) for step in steps[known[0]]]
    return written(taken.rows, taken.left_out)


def _duty(number: int, source: Mapping[str, str]) -> list[Row] | LeftOut:
    code, text = source["hts8"], source["mfn_text_rate"]
    if not _is_code(code):
        return LeftOut(number, code, "code", "不是八位编码", "not a code of eight digits")
    if code[:2] in SPECIAL:
        return _special(number, code)
    try:
        levy = expressions.parse(text)
    except UnparsableDuty as refused:
        return LeftOut(number, code, refused.data["reason"], refused.message("zh"), refused.message("en"))
    if not _agrees(levy, source):
        columns = ", ".join(source[name] for name in _COLUMNS[2:5])
        zh, en = f"“{text}”与数据列 {columns} 不符", f"“{text}” and the columns {columns} disagree"
        return LeftOut(number, code, "disagreement", zh, en)
    begin, end = _day(number, source["begin_effect_date"]), _day(number, source["end_effective_date"])
    after = None if end >= OPEN_END else end + timedelta(days=1)
    periods = [(begin, EDITION_END, True), (EDITION_END, after, False)]
    if after is not None and after <= EDITION_END:
        periods = [(begin, after, True)]
    elif begin >= EDITION_END:
        periods = [(begin, after, False)]
    params = _json(expressions.params(levy))
    rows: list[Row] = []
    for start, stop, confirmed in periods:
        to, known = (stop.isoformat() if stop else ""), ("yes" if confirmed else "no")
        note = "" if confirmed else LATER
        rows.append((code, "", "US", "duty", params, start.isoformat(), to, known, SOURCE.format(code=code), note))
    return rows


def _agrees(levy: Levy, source: Mapping[str, str]) -> bool:
    """The rate's text and the columns say the same. Goods counted in pieces have amounts per 1000 as per piece."""
    pieces = source["quantity_1_code"] == "NO"
    amounts = [part.amount / 1000 if pieces and part.per == "thousand" else part.amount for part in levy.specific]
    try:
        rate, *given = (Fraction(Decimal(source[name])) for name in _COLUMNS[2:5])
    except InvalidOperation:
        return False
    return rate == levy.rate and sorted(filter(None, given)) == sorted(filter(None, amounts))


def _steps() -> dict[str, list[Mapping[str, str]]]:
    """What each list's rate was and is: dated rows of our own."""
    text = files("entrepot.tariff").joinpath("data", "us_section_301_lists.csv").read_text(encoding="utf-8")
    found: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        found[row["list"]].append(row)
    return dict(found)


def _additional(code: str, step: Mapping[str, str]) -> Row:
    params = _json({"rate": step["rate"]})
    return (
        code, "CN", "US", "additional.section_301", params, step["valid_from"], step["valid_to"], step["confirmed"],
        step["source"], step["note"],
    )  # fmt: skip


def _ambiguous(code: str, lists: list[str], steps: list[list[Mapping[str, str]]]) -> Iterator[Row]:
    named = " and ".join(lists)
    params = _json({"zh": f"该编码同时在第 301 条清单 {named} 中", "en": f"the code is on Section 301 lists {named}"})
    start = min(step["valid_from"] for each in steps for step in each)
    note = "Part of the line is on each list; which goods are on which is not said"
    yield (code, "CN", "US", "not_verified.section_301", params, start, "", "no", "USTR Section 301 lists", note)


def _special(number: int, code: str) -> LeftOut:
    zh, en = (
        "第 98、99 章为特别规定，不是商品归类",
        "chapters 98 and 99 classify no goods of their own",
    )
    return LeftOut(number, code, "special", zh, en)


def _is_code(code: str) -> bool:
    return len(code) == 8 and code.isascii() and code.isdigit()


def _day(number: int, text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        why = {"why_zh": f"第 {number} 行的日期 {text!r}", "why_en": f"the date {text!r} in row {number}"}
        raise BadSource(field="content", **why) from error


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
