"""Prices for others' tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID

from django.db import transaction

from entrepot.kit.ids import new_id
from entrepot.pricing import selectors, services
from entrepot.pricing.types import (
    GrantWish,
    PriceDraft,
    PromotionDraft,
    Sale,
    SaleDraft,
    SaleItem,
    SaleItemDraft,
    Take,
)
from entrepot.storefronts.tests.makers import NOW, koala_lane


def koala_list() -> UUID:
    """The price list of Koala Lane in yuan, opened unless it is."""
    shop = koala_lane()
    for known in selectors.lists(storefront_id=shop.id):
        return known.id
    return services.open_list(storefront_id=shop.id, currency="CNY", now=NOW)


def priced(amounts: Mapping[UUID, int], *, now: datetime = NOW) -> UUID:
    """Set prices in fen for Koala Lane from `now` on; returns the list."""
    list_id = koala_list()
    drafts = [PriceDraft(sku_id, amount) for sku_id, amount in amounts.items()]
    services.set_prices(list_id=list_id, prices=drafts, actor="tests", now=now)
    return list_id


def on_sale(
    sku_ids: Sequence[UUID],
    *,
    price_minor: int = 50,
    units: int = 10,
    limit: int = 2,
    now: datetime = NOW,
    admit_per_s: int | None = None,
    code: str = "",
) -> Sale:
    """A flash sale of articles at Koala Lane from `now` on for an hour; what has no price gets one of 100 fen."""
    list_id = koala_list()
    shop = koala_lane()
    there = selectors.prices(storefront_id=shop.id, currency="CNY", sku_ids=sku_ids, at=now)
    priced({sku_id: 100 for sku_id in sku_ids if sku_id not in there}, now=now)
    draft = SaleDraft(
        list_id=list_id,
        code=code or f"sale-{new_id()}",
        titles={"zh-hans": "双十一抢购", "en": "Rush"},
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        admit_per_s=admit_per_s,
        items=tuple(SaleItemDraft(sku_id, price_minor, units, limit) for sku_id in sku_ids),
    )
    found = selectors.sale(sale_id=services.plan_sale(draft=draft, actor="tests", now=now))
    assert found is not None
    return found


def a_take(item: SaleItem | None, quantity: int = 1, **changes: Any) -> Take:
    """What one order of a new person takes of a sale's item (or of `sku_id` at the ordinary price)."""
    made = Take(
        order_id=new_id(),
        buyer_id=new_id(),
        id_hash=token_bytes(32),
        sku_id=item.sku_id if item else new_id(),
        item_id=item.id if item else None,
        quantity=quantity,
    )
    return replace(made, **changes)


def promoted(
    threshold_minor: int = 10_000,
    off_minor: int = 1_000,
    *,
    times: int = 1,
    budget_minor: int = 1_000_000,
    sku_ids: Sequence[UUID] = (),
    per_person: int | None = None,
    now: datetime = NOW,
    code: str = "",
) -> UUID:
    """A promotion of Koala Lane from `now` on for a day."""
    draft = PromotionDraft(
        list_id=koala_list(),
        code=code or f"off-{new_id()}",
        titles={"zh-hans": "满减", "en": "Spend and save"},
        threshold_minor=threshold_minor,
        off_minor=off_minor,
        times_max=times,
        starts_at=now,
        ends_at=now + timedelta(days=1),
        budget_minor=budget_minor,
        sku_ids=tuple(sku_ids),
        per_person=per_person,
    )
    return services.plan_promotion(draft=draft, actor="tests", now=now)


def a_wish(promotion_id: UUID, amount_minor: int = 1_000, **changes: Any) -> GrantWish:
    """What one order of a new person is to have off."""
    made = GrantWish(new_id(), new_id(), token_bytes(32), promotion_id, amount_minor)
    return replace(made, **changes)


def granted(wishes: Sequence[GrantWish], at: datetime = NOW + timedelta(minutes=1)) -> list[UUID]:
    """The orders that have it in the end, as checkout asks: those without hope leave, the others ask again."""
    rest = list(wishes)
    while rest:
        with transaction.atomic():
            gone = services.grant_many(grants=rest, at=at)
            if not gone:
                break
            transaction.set_rollback(True)
        rest = [one for one in rest if one.order_id not in gone]
    return [one.order_id for one in rest]
