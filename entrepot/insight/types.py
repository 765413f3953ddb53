"""What is asked and answered about the whole business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from entrepot.catalogue.types import Sku

# Beside the ways in of the tariff: goods that come in over the buyer's limits and owe everything in full.
FULL = "full"
POSITIONS_MAX = 500_000


class Kind(StrEnum):
    """What a position is. Others may be handed in under a word of their own."""

    CATALOGUE = "catalogue"
    STOCK = "stock"
    PURCHASE = "purchase"


@dataclass(frozen=True, slots=True)
class Position:
    """So many units of an article at a value each, and how they come in.

    `origin` is the lot's where it is known, else the article's. `together`: declared in one go, as general trade is;
    else each unit is an order of its own. `reference`: where it stands, such as a purchase order's number.
    """

    kind: str
    sku_id: UUID
    quantity: Decimal
    unit_value: Decimal
    currency: str
    channel: str
    destination: str = "CN"
    origin: str = ""
    together: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a tax is not computed: a code and a sentence in both languages."""

    code: str
    zh: str
    en: str


Tax = int | Unknown  # minor units of the destination's currency, for the whole position


@dataclass(frozen=True, slots=True)
class Effect:
    """One position before and after. `sku` is None for an article that the catalogue does not have."""

    position: Position
    sku: Sku | None
    hs_code: str
    origin: str
    currency: str  # of the taxes
    before: Tax
    after: Tax

    @property
    def difference(self) -> int | None:
        """None where one side is not computed."""
        if isinstance(self.before, Unknown) or isinstance(self.after, Unknown):
            return None
        return self.after - self.before

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Total:
    """Positions taken together, those with both taxes computed; `values` are theirs, in minor units by currency."""

    key: str
    positions: int
    units: Decimal
    values: Mapping[str, int]
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer: every position's effect in the order they were handed in, and the names of their brands."""

    day: date
    books: tuple[str, ...]  # those in force that were laid over
    rows: int  # of the overlay
    effects: Sequence[Effect]
    brands: Mapping[UUID, Mapping[str, str]]

    @property
    def changed(self) -> list[Effect]:
        """The effects that differ, the largest difference first, what is no longer or newly computed before all."""
        found = [effect for effect in self.effects if effect.changed]
        return sorted(found, key=lambda one: (one.difference is not None, -abs(one.difference or 0)))

    @property
    def uncomputed(self) -> dict[str, tuple[Unknown, int]]:
        """Why positions are not computed before, by code: one sentence of each and how many there are."""
        return counted(effect.before for effect in self.effects)


def counted(taxes: Iterable[Tax]) -> dict[str, tuple[Unknown, int]]:
    found: dict[str, tuple[Unknown, int]] = {}
    for tax in taxes:
        if isinstance(tax, Unknown):
            first, count = found.get(tax.code, (tax, 0))
            found[tax.code] = first, count + 1
    return found
