"""A small shop with goods on its shelf, for tests here and above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from entrepot.catalogue import services as catalogue
from entrepot.catalogue.selectors import sku_by_code
from entrepot.catalogue.tests.makers import classification
from entrepot.catalogue.types import BrandDraft, CategoryDraft, ProductDraft, ProductTypeDraft, SkuDraft
from entrepot.pricing.tests.makers import priced
from entrepot.shelf import selectors, services
from entrepot.shelf.types import Card, Filter, Listing, RefreshReport
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import ON_SHELF, WarehouseKind
from entrepot.storefronts.tests.makers import koala_lane
from entrepot.storefronts.types import Storefront
from entrepot.tariff.tests.makers import founding_book

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def both(english: str, chinese: str = "") -> dict[str, str]:
    return {"en": english, "zh-hans": chinese or english}


def opened_shop() -> Storefront:
    """Koala Lane with a tree of three categories (food > chocolate, home), two brands and the founding rate book."""
    founding_book()
    catalogue.put_brands(
        drafts=[
            BrandDraft("lindt", both("Lindt", "瑞士莲"), "CH"),
            BrandDraft("loreal", both("L'Oréal", "欧莱雅"), "FR"),
        ]
    )
    catalogue.put_categories(
        drafts=[
            CategoryDraft("food", both("Food", "食品")),
            CategoryDraft("chocolate", both("Chocolate", "巧克力"), "food"),
            CategoryDraft("home", both("Home", "家居")),
        ]
    )
    catalogue.put_product_types(drafts=[ProductTypeDraft("any", both("Anything", "其他"))])
    return koala_lane()


def a_product(
    slug: str,
    titles: Mapping[str, str] | None = None,
    *,
    prices: Sequence[int | None] = (10_000,),
    brand: str = "lindt",
    categories: Sequence[str] = ("chocolate",),
    origin: str = "CH",
) -> UUID:
    """A product with one SKU a price, `<slug>-1` and so on: classified for China, in no warehouse. None: no price."""
    skus = tuple(
        SkuDraft(f"{slug}-{n}", axes={"size": both(f"{n} pieces")}, origin=origin, net_weight_g=100, gross_weight_g=120)
        for n in range(1, len(prices) + 1)
    )
    draft = ProductDraft(slug, brand, titles or both(slug), "any", categories=tuple(categories), skus=skus)
    product_id = catalogue.put_products(drafts=[draft], now=NOW)[slug]
    ids = [sku_id_of(sku.code) for sku in skus]
    decisions = [classification(sku_id, hs_code="1806310000") for sku_id in ids]
    catalogue.classify(drafts=decisions, decided_by="tests", reason="makers", now=NOW)
    if known := {sku_id: price for sku_id, price in zip(ids, prices, strict=True) if price is not None}:
        priced(known)
    return product_id


def sku_id_of(code: str) -> UUID:
    return sku_by_code(codes=[code])[code].id


def in_stock(code: str, quantity: int = 5, kind: WarehouseKind = WarehouseKind.BONDED, **more: Any) -> UUID:
    """Receive units of a SKU in the house of that kind; returns the warehouse."""
    place = warehouse(f"WH-{kind.value}", kind)
    stocked(sku_id_of(code), place, quantity, lot=f"L-{kind.value}", customs_state=ON_SHELF[kind], **more)
    return place


def refreshed(*product_ids: UUID) -> RefreshReport:
    return services.refresh(storefront_id=koala_lane().id, product_ids=product_ids, clock=lambda: NOW)


def whole(storefront: Storefront, wanted: Filter) -> tuple[Listing, list[Card]]:
    """The first page and the cards of all pages."""
    first = selectors.listing(storefront=storefront, filter=wanted, page=1, language="en")
    rest = [
        selectors.listing(storefront=storefront, filter=wanted, page=page, language="en").cards
        for page in range(2, first.pages + 1)
    ]
    return first, [card for cards in (first.cards, *rest) for card in cards]
