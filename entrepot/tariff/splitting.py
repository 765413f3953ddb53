"""Which orders clear one by one: the fewest parcels under a limit, and whether that is proven.

Bin packing: units are the items, the limit is the bin. Units in falling value into the first order with room (first
fit decreasing) give a way; the sum and the large units give a number below which nobody can go (Martello and Toth,
"Lower bounds and reduction procedures for the bin packing problem", 1990). Where the two differ, a search over the
units settles it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from entrepot.kit.money import allocate, decimal
from entrepot.tariff.types import LineRequest, Part, Value

UNITS_MAX = 5_000  # above this a split is proposed by whole lines
SEARCH_UNITS_MAX = 200  # above this first fit is proposed without a search
SEARCHED_MAX = 200_000  # places tried before the search gives up: some tens of milliseconds


@dataclass(frozen=True, slots=True)
class Unit:
    """What is never cut: a piece, or a weighed line as a whole."""

    value: int
    line: int
    quantity: Decimal


def split(lines: Sequence[LineRequest], values: Sequence[Value], limit: int) -> tuple[tuple[Part, ...], bool]:
    """Orders that clear one by one, and whether no fewer would do. A unit above the limit is alone and does not fit."""
    units = _units(lines, values)
    over = [unit for unit in units if unit.value > limit]
    rest = [unit for unit in units if unit.value <= limit]
    bins, proven = _packed(rest, limit)
    found = [[unit] for unit in over] + bins
    parts = []
    for content in found:
        quantities: dict[str, Decimal] = {}
        for unit in content:
            name = lines[unit.line].id
            quantities[name] = quantities.get(name, Decimal(0)) + unit.quantity
        total = sum(unit.value for unit in content)
        parts.append(Part(quantities, decimal(total, 2), total <= limit))
    return tuple(parts), proven


def _units(lines: Sequence[LineRequest], values: Sequence[Value]) -> list[Unit]:
    """In falling value, then in the order of the lines."""
    whole = sum(line.quantity for line in lines) <= UNITS_MAX
    units: list[Unit] = []
    for i, (line, value) in enumerate(zip(lines, values, strict=True)):
        if whole and line.quantity == int(line.quantity):
            shares = allocate(value.customs, [1] * int(line.quantity))
            units += [Unit(share, i, Decimal(1)) for share in shares]
        else:
            units.append(Unit(value.customs, i, line.quantity))
    return sorted(units, key=lambda unit: (-unit.value, unit.line))


def _packed(units: list[Unit], limit: int) -> tuple[list[list[Unit]], bool]:
    best = _first_fit(units, limit)
    least = lower_bound([unit.value for unit in units], limit)
    if len(best) == least:
        return best, True
    if len(units) > SEARCH_UNITS_MAX:
        return best, False
    return _Search(units, limit, best, least).run()


def _first_fit(units: Sequence[Unit], limit: int) -> list[list[Unit]]:
    bins: list[list[Unit]] = []
    room: list[int] = []
    for unit in units:
        place = next((n for n, left in enumerate(room) if unit.value <= left), None)
        if place is None:
            bins.append([])
            room.append(limit)
            place = len(bins) - 1
        bins[place].append(unit)
        room[place] -= unit.value
    return bins


def lower_bound(values: Sequence[int], limit: int) -> int:
    """No way needs fewer orders than this (the bound L2). `values` are each at most `limit`."""
    best = -(-sum(values) // limit) if limit else 0
    smalls = {0, *(value for value in values if 2 * value <= limit)} if len(values) <= SEARCH_UNITS_MAX else {0}
    for small in smalls:
        large = [value for value in values if value > limit - small]
        middle = [value for value in values if limit - small >= value and 2 * value > limit]
        little = sum(value for value in values if small <= value and 2 * value <= limit)
        free = len(middle) * limit - sum(middle)
        best = max(best, len(large) + len(middle) + max(0, -(-(little - free) // limit)))
    return best


class _Search:
    """Depth first: the largest unit left goes into each order with different room, or a new one, while that can win."""

    def __init__(self, units: list[Unit], limit: int, best: list[list[Unit]], least: int) -> None:
        self._units, self._limit, self._best, self._least = units, limit, best, least
        self._left = [0] * (len(units) + 1)
        for i in range(len(units) - 1, -1, -1):
            self._left[i] = self._left[i + 1] + units[i].value
        self._tried = 0

    def run(self) -> tuple[list[list[Unit]], bool]:
        self._place(0, [], [])
        return self._best, len(self._best) == self._least or self._tried < SEARCHED_MAX

    def _place(self, i: int, bins: list[list[Unit]], room: list[int]) -> None:
        if self._tried >= SEARCHED_MAX or len(self._best) == self._least:
            return
        self._tried += 1
        if i == len(self._units):
            if len(bins) < len(self._best):
                self._best = [list(content) for content in bins]
            return
        missing = max(0, self._left[i] - sum(room))
        if len(bins) + -(-missing // self._limit) >= len(self._best):
            return
        unit, seen = self._units[i], set()
        for n, left in enumerate(room):
            if unit.value <= left and left not in seen:
                seen.add(left)
                bins[n].append(unit)
                room[n] -= unit.value
                self._place(i + 1, bins, room)
                bins[n].pop()
                room[n] += unit.value
        if len(bins) + 1 < len(self._best):
            self._place(i + 1, [*bins, [unit]], [*room, self._limit - unit.value])
