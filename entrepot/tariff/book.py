"""Rate books as frozen objects: dated rows, found by measure, HS prefix, origin and day. Pure, no ORM."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

MEMO_MAX = 100_000
_Index = Mapping[str, tuple[tuple[int, ...], Mapping[tuple[str, str], tuple["Rate", ...]]]]


@dataclass(frozen=True, slots=True)
class Rate:
    """One row. `valid_to` is the first day it no longer holds; `origin` "" means any, "@RCEP" a group's members."""

    hs_prefix: str
    origin: str
    destination: str
    measure: str
    params: Mapping[str, Any]
    valid_from: date
    valid_to: date | None
    confirmed: bool
    source: str
    note: str
    formula: Any

    def on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @property
    def key(self) -> str:
        """The row's name in a difference report."""
        return f"{self.measure} {self.destination} {self.hs_prefix or '*'} {self.origin or '*'} {self.valid_from}"


@dataclass(frozen=True, slots=True)
class Book:
    """One version of a named book, all destinations. Rows are reached by measure, prefix and origin, not searched."""

    code: str
    as_of: date
    rates: tuple[Rate, ...]
    index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, dict[tuple[str, str], list[Rate]]] = {}
        for rate in self.rates:
            key = (rate.hs_prefix, rate.origin)
            found.setdefault(f"{rate.destination} {rate.measure}", {}).setdefault(key, []).append(rate)
        index = {
            name: (
                tuple(sorted({len(prefix) for prefix, _ in rows}, reverse=True)),
                {key: tuple(sorted(same, key=_newest_first)) for key, same in rows.items()},
            )
            for name, rows in found.items()
        }
        object.__setattr__(self, "index", index)


def _newest_first(rate: Rate) -> int:
    return -rate.valid_from.toordinal()


class Books:
    """The books that speak for one destination, searched as one: where two have a row for the same prefix, origin and
    day, the later book in the sequence is heard. Answers are remembered: the law of a day does not change."""

    def __init__(self, destination: str, books: Sequence[Book]) -> None:
        self.destination = destination
        self.books = tuple(books)
        self.codes = tuple(book.code for book in books)
        self.as_of = max((book.as_of for book in books), default=date.min)
        self._memo: dict[Hashable, Any] = {}
        self._families: dict[str, tuple[str, ...]] = {}

    def find(self, measure: str, day: date, hs_code: str = "", origin: str = "") -> Rate | None:
        """The row of the longest HS prefix; at one prefix the origin's own before its groups' before any origin's."""
        key = (measure, day, hs_code, origin)
        try:
            found: Rate | None = self._memo[key]
        except KeyError:
            found = self._search(measure, day, hs_code, origin)
            self.remember(key, found)
        return found

    def every(self, family: str, day: date, hs_code: str = "", origin: str = "") -> tuple[Rate, ...]:
        """One row of each programme of a family (`additional` finds `additional.section_301` and its sisters)."""
        rows = (self.find(measure, day, hs_code, origin) for measure in self.family(family))
        return tuple(row for row in rows if row is not None)

    def family(self, name: str) -> tuple[str, ...]:
        """The measures of a family that any of the books has, in the order of their names."""
        if name not in self._families:
            start = f"{self.destination} {name}"
            names = {key.partition(" ")[2] for book in self.books for key in book.index if key.startswith(start)}
            self._families[name] = tuple(sorted(one for one in names if one == name or one.startswith(f"{name}.")))
        return self._families[name]

    def remember(self, key: Hashable, value: Any) -> None:
        """Keep what was worked out of these books alone. At most MEMO_MAX answers, then all are worked out anew."""
        if len(self._memo) >= MEMO_MAX:
            self._memo.clear()
        self._memo[key] = value

    def remembered(self, key: Hashable) -> Any:
        return self._memo.get(key)

    def groups(self, origin: str, day: date) -> tuple[str, ...]:
        """The groups a country belongs to on a day, as rows name them ("@RCEP")."""
        rows = self._rows_of("origin_group", origin) if origin else ()
        return tuple(sorted({f"@{rate.formula}" for rate in rows if rate.on(day)}))

    def laid_over(self, overlay: Book) -> Books:
        """The same books with one more on top: a what-if. Nothing of the answers so far is kept."""
        return Books(self.destination, (*self.books, overlay))

    def _rows_of(self, family: str, origin: str) -> Iterable[Rate]:
        for measure in self.family(family):
            for book in self.books:
                _, rows = book.index.get(f"{self.destination} {measure}", ((), {}))
                yield from rows.get(("", origin), ())

    def _search(self, measure: str, day: date, hs_code: str, origin: str) -> Rate | None:
        name = f"{self.destination} {measure}"
        indexes = [book.index[name] for book in reversed(self.books) if name in book.index]
        places = (origin, *self.groups(origin, day), "") if origin else ("",)
        for length in sorted({n for lengths, _ in indexes for n in lengths if n <= len(hs_code)}, reverse=True):
            for place in places:
                key = (hs_code[:length], place)
                if (
                    found := next((r for _, rows in indexes for r in rows.get(key, ()) if r.on(day)), None)
                ) is not None:
                    return found
        return None


def overlaps(rates: Iterable[Rate]) -> list[tuple[int, int]]:
    """Pairs of positions of rows that speak for the same goods on the same day: a book must have none."""
    by_key: dict[tuple[str, str, str, str], list[tuple[int, Rate]]] = {}
    for i, rate in enumerate(rates):
        by_key.setdefault((rate.destination, rate.measure, rate.hs_prefix, rate.origin), []).append((i, rate))
    pairs = []
    for same in by_key.values():
        same.sort(key=lambda pair: pair[1].valid_from)
        for (i, a), (j, b) in zip(same, same[1:], strict=False):
            if a.valid_to is None or b.valid_from < a.valid_to:
                pairs.append((i, j))
    return pairs
