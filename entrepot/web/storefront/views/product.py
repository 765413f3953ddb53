"""The product page: one SKU chosen, its price with tax and freight as if ordered alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Classification, Product, Sku
from entrepot.checkout import selectors as checkout
from entrepot.checkout.types import LineQuote, Obstacle, ParcelQuote
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.money import to_decimal
from entrepot.pricing import selectors as pricing
from entrepot.pricing.types import Price, Promotion
from entrepot.shelf import selectors as shelf
from entrepot.shelf.types import Card, Filter
from entrepot.stock import selectors as stock
from entrepot.stock.types import Available, WarehouseKind
from entrepot.storefronts.types import Storefront
from entrepot.web.common.access import PUBLIC, access
from entrepot.web.common.formats import text
from entrepot.web.common.memo import kept
from entrepot.web.common.rush import windows
from entrepot.web.storefront.asking import clean
from entrepot.web.storefront.fronts import in_order
from entrepot.web.storefront.pages import Page, Visit, kept_page
from entrepot.web.storefront.shell import categories
from entrepot.web.storefront.variants import axes

related_max = 5
_KINDS = (WarehouseKind.BONDED, WarehouseKind.OVERSEAS)


@access(PUBLIC)
@kept_page
def product(visit: Visit, slug: str) -> Page:
    found = catalogue.product(slug=slug)
    if found is None or not found.active:
        raise Http404
    skus = [sku for sku in found.skus if sku.active]
    if not skus:
        raise Http404
    store, moment = visit.storefront, now()
    free = _free(store, skus, moment)
    left = {sku_id: sum(place.quantity for place in places) for sku_id, places in free.items()}
    sku = _chosen(skus, clean(visit.query.get("sku", "")), left)
    price = pricing.prices(storefront_id=store.id, currency=store.currency, sku_ids=[sku.id], at=moment).get(sku.id)
    decided = catalogue.classifications(sku_ids=[sku.id], jurisdiction="CN", on=day_in(CHINA, moment)).get(sku.id)
    parcel, line, obstacles = _alone(store, (sku, decided), price, free.get(sku.id, ()), moment)
    price_minor, sale = (price.amount.minor, price.sale) if price else (None, None)
    context = {
        "product": found,
        "sku": sku,
        "name": text(found.titles),
        "trail": _trail(found),
        "images": _pictures(found, sku),
        "axes": axes(skus, sku, left, reverse("product", args=[slug])),
        "price_minor": price_minor,
        "was_minor": price.was.minor if price and price.was else None,
        "currency": store.currency,
        "rush": next((one for one in windows(store) if sale and one.sale.id == sale.sale_id), None),
        "sale": sale,
        "limit": price.limit if price else None,
        "promotions": [] if sale else _promotions(store, sku, moment),
        "offer": parcel,
        "line": line,
        "obstacles": obstacles,
        "left": left.get(sku.id, 0),
        "sellable": parcel is not None and not obstacles and left.get(sku.id, 0) > 0,
        "classification": decided,
        "reckoner": _reckoner(sku, decided, price_minor, store.currency),
        "related": _related(store, found, visit.language),
        "here": _aisle(found),
    }
    return Page("shop/product.html", context)


def _free(store: Storefront, skus: Sequence[Sku], at: datetime) -> dict[UUID, list[Available]]:
    """Units that can be ordered here: what stands at home or in a shop is not sold into this flow."""
    until = stock.sold_until(day=day_in(CHINA, at), channel_ids=[store.id])
    found = stock.available(sku_ids=[sku.id for sku in skus], on=until)
    ours = {one.id for one in stock.warehouses().values() if one.kind in _KINDS}
    return {sku_id: [one for one in places if one.warehouse_id in ours] for sku_id, places in found.items()}


def _promotions(store: Storefront, sku: Sku, at: datetime) -> list[Promotion]:
    """Those that count this article, at its ordinary price."""
    running = pricing.promotions(storefront_id=store.id, currency=store.currency, at=at)
    return [one for one in running if one.covers(sku.id)]


def _reckoner(sku: Sku, decision: Classification | None, price_minor: int | None, currency: str) -> str:
    """The reckoner with one unit of the article filled in; empty where customs' name for it is not known."""
    if decision is None or price_minor is None:
        return ""
    measured = list(decision.measures().items())[:2]
    amounts = {f"amount{end}": f"{each.normalize():f}" for end, (_unit, each) in zip(("", "2"), measured, strict=False)}
    named = {f"unit{end}": unit for end, (unit, _each) in zip(("", "2"), measured, strict=False)}
    price = {"quantity": "1", "price": str(to_decimal(price_minor, currency)), "currency": currency}
    asked = {"hs": decision.hs_code, "origin": sku.origin, **price, **amounts, **named}
    return f"{reverse('landed_cost')}?{urlencode(asked)}"


def _chosen(skus: Sequence[Sku], code: str, left: dict[UUID, int]) -> Sku:
    """The SKU of the address, else the first in stock, else the first."""
    named = [sku for sku in skus if sku.code == code]
    in_stock = [sku for sku in skus if left.get(sku.id, 0) > 0]
    return (named or in_stock or list(skus))[0]


def _alone(
    store: Storefront,
    article: tuple[Sku, Classification | None],
    price: Price | None,
    places: Sequence[Available],
    at: datetime,
) -> tuple[ParcelQuote | None, LineQuote | None, tuple[Obstacle, ...]]:
    """One unit ordered alone: its parcel and line, and what stands in the way except that it is sold out."""
    quote = checkout.unit_quote(storefront=store, article=article, price=price, places=places, now=at)
    obstacles = tuple(one for one in quote.obstacles if one.code != "out_of_stock")
    if not quote.parcels:
        return None, None, obstacles
    parcel = quote.parcels[0]
    return parcel, parcel.lines[0], obstacles


def _pictures(found: Product, sku: Sku) -> list[str]:
    own = [sku.image] if sku.image else []
    return list(dict.fromkeys([*own, *found.images]))


def _trail(found: Product) -> list[tuple[str, str]]:
    """From the top to the deepest of the product's categories."""
    by_id = {one.id: one for one in categories()}
    deepest = max(
        (by_id[one] for one in found.category_ids if one in by_id), key=lambda one: len(one.path), default=None
    )
    line = [by_id[one] for one in deepest.path] if deepest else []
    return [(text(one.names), reverse("category", args=[one.slug])) for one in line]


def _aisle(found: Product) -> str:
    by_id = {one.id: one for one in categories()}
    tops = [by_id[by_id[one].path[0]].slug for one in found.category_ids if one in by_id]
    return tops[0] if tops else ""


def _related(store: Storefront, found: Product, lang: str) -> list[Card]:
    by_id = {one.id: one for one in categories()}
    slugs = sorted((by_id[one].path, by_id[one].slug) for one in found.category_ids if one in by_id)
    if not slugs:
        return []
    wanted = [one for one in shelf_of(store, slugs[-1][1], lang) if one != found.id][:related_max]
    return in_order(wanted, shelf.cards(storefront=store, product_ids=wanted, language=lang))


@kept(seconds=120)
def shelf_of(store: Storefront, category: str, lang: str) -> tuple[UUID, ...]:
    """The first articles in stock of a category: which they are, for prices on a page are as old as it and no older."""
    wanted = Filter(category=category, in_stock=True)
    cards = shelf.beginning(storefront=store, filter=wanted, language=lang)[: related_max + 1]
    return tuple(card.product_id for card in cards)
