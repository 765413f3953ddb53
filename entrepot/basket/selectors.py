"""Questions about baskets."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Sum

from entrepot.basket.models import Line
from entrepot.basket.types import BasketLine


def lines(*, buyer_id: UUID, storefront_id: UUID) -> list[BasketLine]:
    """The basket in the order things were put in."""
    rows = Line.objects.filter(buyer_id=buyer_id, storefront_id=storefront_id).order_by("added_at", "id")
    return [BasketLine(buyer_id=row.buyer_id, sku_id=row.sku_id, quantity=row.quantity) for row in rows]


def count(*, buyer_id: UUID, storefront_id: UUID) -> int:
    """Units in the basket: the number on its badge."""
    found = Line.objects.filter(buyer_id=buyer_id, storefront_id=storefront_id).aggregate(units=Sum("quantity"))
    return int(found["units"] or 0)
