"""Prices for others' tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from entrepot.pricing import selectors, services
from entrepot.pricing.types import PriceDraft
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
