from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

LINES_MAX = 50
QUANTITY_MAX = 99  # units of one SKU


@dataclass(frozen=True, slots=True)
class BasketLine:
    """`buyer_id` is the person, or the visitor id of the cookie before log-in."""

    buyer_id: UUID
    sku_id: UUID
    quantity: int
