"""Rate books as frozen objects: dated rows, found by measure, HS prefix, origin and day. Pure, no ORM."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

MEMO_MAX = 100_000
# Of a book as CSV: what an import reads and a converter writes.
COLUMNS = (
    "hs_prefix", "origin", "destination", "measure", "params", "valid_from", "valid_to", "confirmed", "source", "note",
)  # fmt: skip
# A row's place: its HS prefix and its origin written as one word, of which the digits end where the origin begins.
_Rows = Mapping[str, tuple["Rate", ...]]
_Index = Mapping[str, tuple[frozenset[int], frozenset[str], _Rows]]
_Heard = tuple[tuple[int, ...], frozenset[str], tuple[_Rows, ...]]


@dataclass(frozen=True, slots=True)
class Rate:
    """One row. `valid_to` is the first day it no longer holds; `origin` "" means any, "@RCEP" a group's members.
    `note` may be in both languages: "中文 | English"."""

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
    def noted(self) -> tuple[str, str]:
        """The note, or else the source, in Chinese and English."""
        zh, _, en = (self.note or self.source).partition(" | ")
        return zh, en or zh

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
        found: dict[str, dict[str, list[Rate]]] = {}
        for rate in self.rates:
            key = rate.hs_prefix + rate.origin
            found.setdefault(f"{rate.destination} {rate.measure}", {}).setdefault(key, []).append(rate)
        index = {
            name: (
                frozenset(len(same[0].hs_prefix) for same in rows.values()),
                frozenset(same[0].origin for same in rows.values()),
                {key: tuple(sorted(same, key=_newest_first)) for key, same in rows.items()},
            )
            for name, rows in found.items()
        }
        object.__setattr__(self, "index", index)


def _newest_first(rate: Rate) -> int:
    return -rate.valid_from.toordinal()


class Books:
    """The books that speak for one destination, searched as one: where two have a row for the same prefix, origin and
    day, the later book in the sequence is heard, in one book the destination's own row before that of its `union`.
    Answers are remembered: the law of a day does not change."""

    def __init__(self, destination: str, books: Sequence[Book], union: str = "") -> None:
        self.destination, self.union = destination, union
        self.places = (destination, union) if union else (destination,)
        self.books = tuple(books)
        self.codes = tuple(book.code for book in books)
        self.as_of = min((book.as_of for book in books), default=date.min)  # of the book that knows least
        self._memo: dict[Hashable, Any] = {}
        self._families: dict[str, tuple[str, ...]] = {}
        self._heard: dict[str, _Heard] = {}

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
            starts = tuple(f"{place} {name}" for place in self.places)
            names = {key.partition(" ")[2] for book in self.books for key in book.index if key.startswith(starts)}
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
        key = ("@", origin, day)
        found: tuple[str, ...] | None = self._memo.get(key)
        if found is None:
            rows = self._rows_of("origin_group", origin) if origin else ()
            found = tuple(sorted({f"@{rate.formula}" for rate in rows if rate.on(day)}))
            self.remember(key, found)
        return found

    def laid_over(self, overlay: Book) -> Books:
        """The same books with one more on top: a what-if. Nothing of the answers so far is kept."""
        return Books(self.destination, (*self.books, overlay), self.union)

    def _rows_of(self, family: str, origin: str) -> Iterable[Rate]:
        for measure in self.family(family):
            for rows in self._of(measure)[2]:
                yield from rows.get(origin, ())

    def _of(self, measure: str) -> _Heard:
        """The lengths of prefix the books have rows of a measure for, longest first, the origins they name, and the
        rows of each book in the order they are heard. Put together once."""
        heard = self._heard.get(measure)
        if heard is None:
            names = [f"{place} {measure}" for place in self.places]
            found = [book.index[name] for book in reversed(self.books) for name in names if name in book.index]
            lengths = sorted({length for lengths, _, _ in found for length in lengths}, reverse=True)
            origins = frozenset(origin for _, origins, _ in found for origin in origins)
            heard = self._heard[measure] = tuple(lengths), origins, tuple(rows for _, _, rows in found)
        return heard

    def _search(self, measure: str, day: date, hs_code: str, origin: str) -> Rate | None:
        lengths, named, books = self._of(measure)
        # An origin that no row names is not asked for: each look into a large book waits for memory.
        origins = [one for one in (origin, *self.groups(origin, day), "") if one in named] if origin else [""]
        prefixes = [hs_code[:length] for length in lengths if length <= len(hs_code)]
        for key in (prefix + one for prefix in prefixes for one in origins):
            for rows in books:
                if (same := rows.get(key)) and (rate := _on(same, day)):
                    return rate
        return None


def _on(rates: Iterable[Rate], day: date) -> Rate | None:
    for rate in rates:
        if rate.on(day):
            return rate
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
