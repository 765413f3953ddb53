"""Small builders for tests here and above."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from entrepot.basket.models import Line
from entrepot.kit.ids import new_id

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SHOP = UUID("00000000-0000-7000-8000-000000000001")


def filled(buyer_id: UUID, quantities: Mapping[UUID, int], storefront_id: UUID = SHOP) -> None:
    """Lines put straight into the basket, whatever the catalogue knows."""
    Line.objects.bulk_create(
        Line(
            buyer_id=buyer_id,
            storefront_id=storefront_id,
            sku_id=sku_id,
            quantity=quantity,
            added_at=NOW,
            changed_at=NOW,
        )
        for sku_id, quantity in quantities.items()
    )


def gathered(lines: int) -> UUID:
    """A new buyer with that many articles, one unit each."""
    buyer = new_id()
    filled(buyer, {new_id(): 1 for _ in range(lines)})
    return buyer
