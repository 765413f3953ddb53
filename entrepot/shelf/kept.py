"""What a process keeps of the shelf for a short while: counts and how misspelt queries were read. Never cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from entrepot.kit.kept import Kept
from entrepot.shelf.rules.words import Word
from entrepot.shelf.types import FacetValue

KEPT_S = 30  # totals and facets are at most this old


@dataclass(frozen=True, slots=True)
class Counts:
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a query is searched: its words, said if they are not the typed ones; whether most of them are enough, and
    whether the last one may be only begun."""

    words: tuple[Word, ...]
    corrected: str | None
    relaxed: bool
    begun: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A brand or category with products on the shelf: its names, and folded what it may be typed as."""

    kind: str
    slug: str
    names: Mapping[str, str]
    keys: tuple[str, ...]
    products: int


counts: Kept[Counts] = Kept(keep_s=KEPT_S, entries_max=500)
readings: Kept[Reading] = Kept(keep_s=KEPT_S, entries_max=1_000)
names: Kept[tuple[Name, ...]] = Kept(keep_s=2 * KEPT_S, entries_max=20)


def forget() -> None:
    """After a change made in this process."""
    counts.forget()
    readings.forget()
    names.forget()
