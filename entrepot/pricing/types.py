from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from entrepot.kit.money import Money


@dataclass(frozen=True, slots=True)
class Price:
    """The unit price now, tax not included, and the price list it comes from. `was` is the struck-through price."""

    sku_id: UUID
    list_id: UUID
    amount: Money
    was: Money | None
