"""Reading the shop: home, categories, lists, search, products."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from entrepot.catalogue import selectors as articles
from entrepot.catalogue.types import text
from entrepot.checkout import selectors as checkout
from entrepot.identity.types import Scope
from entrepot.kit.clock import now
from entrepot.kit.refusals import NotFound
from entrepot.pricing import selectors as pricing
from entrepot.shelf import selectors as shelf
from entrepot.shelf.types import PAGES_MAX, Filter
from entrepot.storefronts.types import Storefront
from entrepot.web.common.access import PUBLIC
from entrepot.web.common.callers import Door
from entrepot.web.common.memo import GOODS_AGED_S, GOODS_KEPT_S, kept
from entrepot.web.rest import render, schemas
from entrepot.web.rest.schemas import Problem
from entrepot.web.rest.shop import language, storefront

reads = Door(PUBLIC, scope=Scope.CATALOGUE_READ)
router = Router(auth=reads)
new_arrivals = 12
# What thousands of callers share is at most as old as both together: ten seconds, half a minute for what is new.
goods_kept = partial(kept, seconds=GOODS_KEPT_S, aged_seconds=GOODS_AGED_S, redrawn_behind=True)
front_kept = partial(kept, seconds=25, aged_seconds=5, redrawn_behind=True)


class FilterIn(Schema):
    """Repeated parameters choose several values: `brand=a&brand=b`. Prices are in minor units."""

    category: Annotated[str, Field(max_length=120)] | None = None
    brand: Annotated[list[str], Field(max_length=20)] = []
    origin: Annotated[list[str], Field(max_length=20)] = []
    warehouse: Annotated[list[str], Field(max_length=3)] = []
    price_from: Annotated[int, Field(ge=0, le=10**12)] | None = None
    price_to: Annotated[int, Field(ge=0, le=10**12)] | None = None
    in_stock: bool = False
    sort: Annotated[str, Field(pattern="^(relevance|new|price_up|price_down)$")] = "relevance"
    page: Annotated[int, Field(ge=1, le=PAGES_MAX)] = 1

    def to_filter(self, words: str = "") -> Filter:
        return Filter(
            text=words,
            category=self.category,
            brands=tuple(self.brand),
            origins=tuple(self.origin),
            warehouse_kinds=tuple(self.warehouse),
            price_from=self.price_from,
            price_to=self.price_to,
            in_stock=self.in_stock,
            sort=self.sort,
        )


class SearchIn(FilterIn):
    q: Annotated[str, Field(min_length=1, max_length=100)]


@router.get("/home", response={200: schemas.HomeOut})
def home(request: HttpRequest) -> HttpResponse:
    """The storefront, its categories and what is new."""
    return render.sent(home_of(storefront(request), language()))


@front_kept()
def home_of(shop: Storefront, tongue: str) -> bytes:
    arrivals = shelf.listing(storefront=shop, filter=Filter(sort="new"), page=1, language=tongue)
    body = {
        "storefront": text(shop.names, tongue),
        "currency": shop.currency,
        "categories": _categories(tongue),
        "new": [render.card(card) for card in arrivals.cards[:new_arrivals]],
    }
    return render.encode(body)


@router.get("/categories", response={200: list[schemas.CategoryOut]})
def categories(request: HttpRequest) -> HttpResponse:
    """The category tree, parents before children."""
    return render.answer(_categories(language()))


@front_kept()
def _categories(tongue: str) -> list[dict[str, str | None]]:
    tree = articles.categories()
    slugs = {category.id: category.slug for category in tree}
    return [
        {
            "slug": category.slug,
            "name": text(category.names, tongue),
            "parent": slugs[category.parent_id] if category.parent_id else None,
        }
        for category in tree
    ]


@router.get("/products", response={200: schemas.ListingOut, 422: Problem})
def products(request: HttpRequest, wanted: Query[FilterIn]) -> HttpResponse:
    """A page of 24 products with facets, as old as ten seconds."""
    return render.sent(listing_of(storefront(request), wanted.to_filter(), wanted.page, language()))


@router.get("/search", response={200: schemas.ListingOut, 422: Problem})
def search(request: HttpRequest, wanted: Query[SearchIn]) -> HttpResponse:
    """Search in Chinese and English; misspelt words are corrected (`corrected` tells what was searched instead)."""
    return render.sent(listing_of(storefront(request), wanted.to_filter(wanted.q), wanted.page, language()))


@goods_kept()
def listing_of(shop: Storefront, wanted: Filter, page: int, tongue: str) -> bytes:
    return render.encode(render.listing(shelf.listing(storefront=shop, filter=wanted, page=page, language=tongue)))


@router.get("/products/{slug}", response={200: schemas.ProductOut, 404: Problem})
def product(request: HttpRequest, slug: schemas.PathText) -> HttpResponse:
    """A product with its SKUs, each with price, tax of one unit, and what stands in the way of buying it.

    As old as ten seconds; `POST /quotes` and `POST /orders` look at this very moment.
    """
    return render.sent(product_of(storefront(request), slug, language()))


@goods_kept()
def product_of(shop: Storefront, slug: str, tongue: str) -> bytes:
    found = articles.product(slug=slug)
    if found is None or not found.active:
        raise NotFound(what=slug)
    ids = [sku.id for sku in found.skus]
    at = now()
    prices = pricing.prices(storefront_id=shop.id, currency=shop.currency, sku_ids=ids, at=at)
    was = {sku_id: str(price.was.decimal) for sku_id, price in prices.items() if price.was}
    lines = checkout.unit_quotes(storefront=shop, sku_ids=ids, now=at)
    return render.encode(render.product(found, lines, was, shop.currency, tongue))
