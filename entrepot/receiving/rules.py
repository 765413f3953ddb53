"""What a code says, and what a count comes to. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from stdnum import ean

from entrepot.consignments.types import Line
from entrepot.receiving.types import Booking, Difference, Found, Gap, Read, Weighed

SCANS_MAX = 500  # in one call
UNITS_MAX = 100_000  # in one scan
CODE_MAX = 120
_DIGITS = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_LENGTHS = {"01": 14, "02": 14, "11": 6, "13": 6, "15": 6, "17": 6, "00": 18, "20": 2}
_FREE = {"10": 20, "21": 20, "240": 30, "30": 8, "37": 8}
_SEPARATOR = "\x1d"


def is_gtin(text: str) -> bool:
    return bool(_DIGITS.fullmatch(text)) and ean.calc_check_digit(text[:-1]) == text[-1]


def read_code(text: str) -> Read | None:
    """A plain barcode, or the article, lot and days of a GS1 element string (GS1-128, DataMatrix, QR), as a scanner
    types them: with brackets, or with the separator between fields. None for anything else."""
    text = text.strip()[:CODE_MAX]
    if is_gtin(text):
        return Read(text)
    fields = _bracketed(text) if text.startswith("(") else _elements(text)
    gtin = fields.get("01", "") if fields else ""
    if not is_gtin(gtin):
        return None
    days = {ai: _day(fields.get(ai, "")) for ai in ("11", "17", "15")}
    return Read(gtin, fields.get("10", ""), days["11"], days["17"] or days["15"])


def _bracketed(text: str) -> dict[str, str]:
    return dict(re.findall(r"\(([0-9]{2,4})\)([^()]*)", text))


def _elements(text: str) -> dict[str, str]:
    """Fields of an element string; empty where it is none."""
    rest = re.sub(r"^\][A-Za-z][0-9]", "", text).lstrip(_SEPARATOR)
    found: dict[str, str] = {}
    while rest:
        fixed = _LENGTHS.get(rest[:2])
        ai = rest[:2] if fixed else next((rest[:n] for n in (2, 3) if rest[:n] in _FREE), "")
        if not ai:
            return {}
        value, rest = rest[len(ai) :], ""
        if fixed:
            value, rest = value[:fixed], value[fixed:].lstrip(_SEPARATOR)
        else:
            value, _mark, rest = value.partition(_SEPARATOR)
        if (fixed and len(value) != fixed) or not value or len(value) > (fixed or _FREE[ai]):
            return {}
        found[ai] = value
    return found


def _day(text: str) -> date | None:
    """YYMMDD; day 00 is the month's last. The century as GS1 has it for the years we live in."""
    if not re.fullmatch(r"[0-9]{6}", text):
        return None
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:])
    if not 1 <= month <= 12 or day > monthrange(year, month)[1]:
        return None
    return date(year, month, day or monthrange(year, month)[1])


def merge(groups: Iterable[Found]) -> tuple[list[Found], list[Found]]:
    """Counts by article and lot, and those that cannot be right: below zero, or one lot with two days or origins. What
    one scan did not say another may."""
    by_lot: dict[tuple[UUID, str], list[Found]] = defaultdict(list)
    for one in groups:
        if (one.sound, one.damaged, one.held) != (0, 0, 0):
            by_lot[one.sku_id, one.lot].append(one)
    whole: list[Found] = []
    wrong: list[Found] = []
    for (sku_id, lot), found in sorted(by_lot.items()):
        produced = {one.produced_on for one in found if one.produced_on}
        expires = {one.expires_on for one in found if one.expires_on}
        origins = {one.origin for one in found if one.origin}
        sums = [sum(getattr(one, name) for one in found) for name in ("sound", "damaged", "held")]
        days = max(produced, default=None), max(expires, default=None)
        made = Found(sku_id, lot, *days, max(origins, default=""), *sums)
        doubtful = max(len(produced), len(expires), len(origins)) > 1 or min(sums) < 0
        (wrong if doubtful else whole).append(made)
    return [one for one in whole if one.units], wrong


def weigh(
    lines: Sequence[Line], rooms: Mapping[UUID, int], found: Sequence[Found], *, final: bool, declared_only: bool
) -> Weighed:
    """What was counted against what was announced. `rooms`: units that each order line still takes; what is beyond
    them is set aside. `declared_only`: another lot than the announced is no part of it (it is in no customs book).
    """
    left, counted = dict(rooms), Counter[UUID]()
    taken, spoiled = Counter[UUID](), Counter[UUID]()
    bookings, gaps = [], []
    for one, line in _matched(lines, found, declared_only=declared_only):
        if line is None:
            known = any(each.sku_id == one.sku_id for each in lines)
            gaps.append(Difference(Gap.OTHER_LOT if known else Gap.WRONG, one.sku_id, one.lot, 0, one.units))
            continue
        if one.lot != line.lot:
            gaps.append(Difference(Gap.OTHER_LOT, one.sku_id, one.lot, 0, one.units))
        for kind, units in ((Gap.DAMAGED, one.damaged), (Gap.HELD, one.held)):
            if units:
                gaps.append(Difference(kind, one.sku_id, one.lot, 0, units))
        agreed = min(one.units, max(left[line.order_line_id], 0))
        left[line.order_line_id] -= agreed
        sellable = max(one.sound - (one.units - agreed), 0)
        bookings.append(Booking(line.id, line.order_line_id, one, sellable, one.units - sellable))
        counted[line.id] += one.units
        taken[line.order_line_id] += agreed
        spoiled[line.order_line_id] += min(one.damaged + one.held, agreed)
    gaps += _sums(lines, counted, final=final)
    orders = {line_id: (units, spoiled[line_id]) for line_id, units in taken.items() if units}
    return Weighed(tuple(bookings), tuple(gaps), dict(counted), orders)


def _matched(lines: Sequence[Line], found: Sequence[Found], *, declared_only: bool) -> list[tuple[Found, Line | None]]:
    """Each lot with its line: the announced lot's, else of the article's lines the one that lacks most."""
    by_lot = {(line.sku_id, line.lot): line for line in lines}
    lacking = {line.id: line.units - line.received for line in lines}
    matched: list[tuple[Found, Line | None]] = []
    strange = []
    for one in found:
        line = by_lot.get((one.sku_id, one.lot))
        if line is None:
            strange.append(one)
            continue
        lacking[line.id] -= one.units
        matched.append((one, line))
    for one in strange:
        of_sku = [] if declared_only else [line for line in lines if line.sku_id == one.sku_id]
        line = max(of_sku, key=lambda line: lacking[line.id], default=None)
        if line is not None:
            lacking[line.id] -= one.units
        matched.append((one, line))
    return matched


def _sums(lines: Sequence[Line], counted: Counter[UUID], *, final: bool) -> list[Difference]:
    gaps = []
    for line in lines:
        total = line.received + counted[line.id]
        if total > line.units and counted[line.id]:
            gaps.append(Difference(Gap.OVER, line.sku_id, line.lot, line.units, total))
        if final and total < line.units:
            gaps.append(Difference(Gap.SHORT, line.sku_id, line.lot, line.units, total))
    return gaps
