from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from entrepot.kit.money import Money


@dataclass(frozen=True, slots=True)
class Price:
    """The unit price now, tax not included, and the price list it comes from. `was` is the struck-through price."""

    sku_id: UUID
    list_id: UUID
    amount: Money
    was: Money | None


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one storefront in one currency."""

    id: UUID
    storefront_id: UUID
    currency: str


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """A price to set, in minor units of the list's currency, for the half-open period [valid_from, valid_to).

    `valid_from` None is now; `valid_to` None is until another one is set. Where a period with an end lies inside a
    standing price, the standing one goes on after it.
    """

    sku_id: UUID
    amount_minor: int
    was_minor: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """One price of one SKU over one half-open period. `id` is None while it is not stored."""

    id: UUID | None
    amount_minor: int
    was_minor: int | None
    valid_from: datetime
    valid_to: datetime | None
