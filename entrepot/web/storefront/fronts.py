"""What the front page and the brand list show; kept for a short while, the same for everybody. Of goods only which they
are: a page reads their cards when it is drawn, for prices and stock on it are as old as the page and no older."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.staticfiles import finders
from django.templatetags.static import static

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import text
from entrepot.shelf import selectors as shelf
from entrepot.shelf.types import Card, FacetValue, Filter
from entrepot.storefronts.types import Storefront
from entrepot.web.common.formats import media
from entrepot.web.common.memo import kept
from entrepot.web.storefront.shell import Aisle, aisles

arrivals_max = 5
picks_max = 10
brands_shown = 24
origins_shown = 18


@dataclass(frozen=True, slots=True)
class Front:
    """The front page: new products, picks of many brands, tiles with the address of a picture per category."""

    arrivals: tuple[UUID, ...]
    picks: tuple[UUID, ...]
    tiles: tuple[tuple[Aisle, str | None], ...]
    brands: tuple[FacetValue, ...]
    origins: tuple[FacetValue, ...]


@kept(seconds=30)
def front(storefront: Storefront, language: str) -> Front:
    newest = shelf.listing(storefront=storefront, filter=Filter(sort="new"), page=1, language=language)
    pictures = covers(storefront, language)
    best = shelf.beginning(storefront=storefront, filter=Filter(in_stock=True), language=language)
    arrivals = newest.cards[:arrivals_max]
    picks = _of_many_brands(best, besides=arrivals)
    return Front(
        arrivals=tuple(card.product_id for card in arrivals),
        picks=tuple(card.product_id for card in picks[:picks_max]),
        tiles=tuple((aisle, pictures.get(aisle.category.slug)) for aisle in aisles()),
        brands=tuple(newest.facets.get("brand", ()))[:brands_shown],
        origins=tuple(newest.facets.get("origin", ()))[:origins_shown],
    )


def in_order(product_ids: Sequence[UUID], cards: Mapping[UUID, Card]) -> list[Card]:
    """The cards of these products, without those that are off the shelf by now."""
    return [cards[one] for one in product_ids if one in cards]


def _of_many_brands(cards: Sequence[Card], besides: Sequence[Card]) -> tuple[Card, ...]:
    """The first card of each brand, without those shown already."""
    shown = {card.product_id for card in besides}
    firsts: dict[str, Card] = {}
    for card in cards:
        if card.product_id not in shown:
            firsts.setdefault(card.brand_slug, card)
    return tuple(firsts.values())


@kept(seconds=600)
def covers(storefront: Storefront, language: str) -> dict[str, str]:
    """The address of a picture per top category: the shop's own, else that of its first article, if that has one."""
    slugs = [aisle.category.slug for aisle in aisles()]
    own = {slug: name for slug in slugs if finders.find(name := f"shop/front/tile-{slug}.webp")}
    found = shelf.firsts(
        storefront=storefront, categories=[slug for slug in slugs if slug not in own], language=language
    )
    pictures = {slug: media(card.image, 320) for slug, card in found.items() if card.image}
    return pictures | {slug: static(name) for slug, name in own.items()}


@kept(seconds=300)
def brand_letters(
    storefront: Storefront, language: str
) -> tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]:
    """Brands by first letter of their Latin name: (letter, ((slug, name, Latin name, country), …)); "#" for figures."""
    letters: dict[str, list[tuple[str, str, str, str]]] = {}
    for brand in catalogue.brands().values():
        latin = text(brand.names, "en")
        head = latin[:1].upper()
        letter = head if head.isascii() and head.isalpha() else "#"
        letters.setdefault(letter, []).append((brand.slug, text(brand.names, language), latin, brand.country))
    return tuple(
        (letter, tuple(sorted(rows, key=lambda row: row[2].lower()))) for letter, rows in sorted(letters.items())
    )
