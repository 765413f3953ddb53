"""Rate books from CSV, row by row, and the books that ship with the software. Needs no database."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from entrepot.kit.lasting import settle
from entrepot.tariff import regimes
from entrepot.tariff.book import COLUMNS, Book, Books, Rate, overlaps
from entrepot.tariff.params import BadParams
from entrepot.tariff.types import RowFault

CONTENT_BYTES_MAX = 20 * 1024 * 1024
ROWS_MAX = 200_000
FAULTS_MAX = 100
_GROUP = re.compile(r"@[A-Z0-9_]{1,11}\Z")


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
        parsed = formula(row["measure"], params)
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


def formula(measure: str, params: Mapping[str, Any]) -> object:
    """A row's parameters as its regime works with them. Raises BadParams."""
    parser = regimes.parser(measure)
    if parser is None:
        raise BadParams(f"unknown measure {measure!r}; known: {', '.join(regimes.known_measures())}")
    return parser(params)


@cache
def shipped_books(destination: str) -> Books:
    """The books of the regimes' folders that speak for a destination, named "cn-cbec/shipped"."""
    every, union = [_shipped(folder) for folder in regimes.FOLDERS], regimes.union(destination)
    books = [book for book in every if any(rate.destination in {destination, union} for rate in book.rates)]
    settle()
    return Books(destination, books, union)


@cache
def _shipped(folder: str) -> Book:
    rates, faults = read(content=regimes.shipped(folder))
    if faults:
        raise ValueError(f"the book of {folder} has faults: {faults[0]}")
    return Book(f"{regimes.book_name(folder)}/shipped", regimes.REGIMES[folder].as_of, rates)
