"""What a process keeps of promotions for some seconds: which there are, and what they offer. What is left of a budget
is only as true as that; where an order takes of it, the row itself is asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entrepot.kit.kept import Kept
from entrepot.pricing.models import Promotion as Row
from entrepot.pricing.types import Promotion

KEPT_S = 5.0
promotions: Kept[tuple[Promotion, ...]] = Kept(keep_s=KEPT_S, entries_max=100)  # by storefront and currency


def standing(storefront_id: UUID, currency: str, at: datetime) -> tuple[Promotion, ...]:
    """Promotions of a list that were not over some seconds ago, also those to come."""
    return promotions.get((storefront_id, currency), lambda: _read(storefront_id, currency, at))


def _read(storefront_id: UUID, currency: str, at: datetime) -> tuple[Promotion, ...]:
    rows = Row.objects.filter(
        price_list__storefront_id=storefront_id,
        price_list__currency=currency,
        ends_at__gt=at,
        called_off_at__isnull=True,
    )
    return tuple(promotion_of(row) for row in rows.select_related("price_list").order_by("code"))


def promotion_of(row: Row) -> Promotion:
    """A row with its list."""
    return Promotion(
        id=row.id,
        list_id=row.price_list_id,
        storefront_id=row.price_list.storefront_id,
        currency=row.price_list.currency,
        code=row.code,
        titles=row.titles,
        threshold_minor=row.threshold_minor,
        off_minor=row.off_minor,
        times_max=row.times_max,
        sku_ids=frozenset(row.sku_ids),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        budget_minor=row.budget_minor,
        given_minor=row.given_minor,
        called_off=row.called_off_at is not None,
        per_person=row.per_person,
    )
