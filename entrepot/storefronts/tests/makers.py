"""A storefront for others' tests."""

from __future__ import annotations

from datetime import UTC, datetime

from entrepot.storefronts import selectors, services
from entrepot.storefronts.types import Storefront, StorefrontDraft

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
KOALA = StorefrontDraft(
    code="koala",
    names={"zh-hans": "考拉小巷", "en": "Koala Lane"},
    hosts=("",),
    languages=("zh-hans", "en"),
    currency="CNY",
)


def koala_lane() -> Storefront:
    """The demo's storefront, opened unless it is."""
    if not any(shop.code == KOALA.code for shop in selectors.every()):
        services.open_storefront(draft=KOALA, now=NOW)
    return selectors.by_code(code=KOALA.code)
