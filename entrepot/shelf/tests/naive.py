"""Search, filters and facets as plainly as they can be written: over every product, in Python, without an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Product
from entrepot.shelf import selectors
from entrepot.shelf.rules import filters
from entrepot.shelf.rules.countries import names
from entrepot.shelf.rules.words import Word, key, lexemes, query, together
from entrepot.shelf.types import Card, Filter
from entrepot.storefronts.types import Storefront

TITLE, BRAND, CATEGORY, REST = range(4)


@dataclass(frozen=True)
class Thing:
    """A card with everything it can be found by: lexemes by place, the texts it is, its categories."""

    card: Card
    found_by: tuple[frozenset[str], ...]
    names: frozenset[str]
    categories: frozenset[str]


def things(storefront: Storefront) -> list[Thing]:
    tree = {category.id: category for category in catalogue.categories()}
    ids = catalogue.product_ids(limit=10_000)
    products = catalogue.products(ids=ids)
    cards: dict[UUID, Card] = {}
    for start in range(0, len(ids), 200):
        chunk = ids[start : start + 200]
        cards |= selectors.cards(storefront=storefront, product_ids=chunk, language="en")
    return [_thing(products[product_id], card, tree) for product_id, card in cards.items()]


def _thing(product: Product, card: Card, tree: dict) -> Thing:
    shelves = {step for chosen in product.category_ids for step in tree[chosen].path}
    texts = (
        list(product.titles.values()),
        list(product.brand.names.values()),
        [name for step in shelves for name in tree[step].names.values()],
        [value for _, values in product.attributes for value in values.values()]
        + [name for code in (product.brand.country, *(sku.origin for sku in product.skus)) for name in names(code)]
        + [code for sku in product.skus for code in (sku.code, sku.gtin) if code]
        + [value for sku in product.skus for values in sku.axes.values() for value in values.values()],
    )
    titles, brands = ({key(text) for text in texts[place]} for place in (TITLE, BRAND))
    return Thing(
        card,
        tuple(frozenset(lexeme for text in place for lexeme in lexemes(text)) for place in texts),
        frozenset(titles | {f"{brand} {title}" for brand in brands for title in titles}),
        frozenset(tree[step].slug for step in shelves),
    )


def has_all(words: Sequence[Word], found_by: frozenset[str], *, begun: bool = False) -> bool:
    """Whether a product has every word; with `begun` the last one may go on."""

    def has(word: Word, goes_on: bool) -> bool:
        goes_on = goes_on or (word.chinese and len(word.text) == 1)
        forms = [*word.forms, *([(word.text,)] if goes_on and word.text.isalnum() else [])]
        return any(
            all(
                lexeme in found_by
                or (goes_on and i == len(form) - 1 and any(one.startswith(lexeme) for one in found_by))
                for i, lexeme in enumerate(form)
            )
            for form in forms
        )

    return all(has(word, begun and i == len(words) - 1) for i, word in enumerate(words))


def step(thing: Thing, words: Sequence[Word], begun: bool = True) -> int:
    """How well a thing has the words, 6 best; 0 not at all. With `begun` the last word may go on."""
    title, brand, category, rest = thing.found_by
    if key(together(words)) in thing.names:
        return 6
    for points, places in ((5, title), (4, title | brand), (3, title | brand | category)):
        if has_all(words, places):
            return points
    everywhere = title | brand | category | rest
    return 2 if has_all(words, everywhere) else 1 if has_all(words, everywhere, begun=begun) else 0


def fits(card: Card, wanted: Filter, *, but: str = "") -> bool:
    """Whether a card passes the filters, all but one facet's."""
    low, high = wanted.price_from or 0, wanted.price_to if wanted.price_to is not None else filters.MINOR_MAX
    return (
        (but == "brand" or not wanted.brands or card.brand_slug in wanted.brands)
        and (but == "origin" or not wanted.origins or card.origin in wanted.origins)
        and (
            but == "warehouse"
            or not wanted.warehouse_kinds
            or bool({*card.warehouse_kinds} & {*wanted.warehouse_kinds})
        )
        and (but == "price" or low <= card.price_minor <= high)
        and (card.in_stock or not wanted.in_stock)
    )


def found(everything: Sequence[Thing], wanted: Filter) -> list[Thing]:
    """What the words and the category leave, before the facets' filters."""
    words = query(wanted.text)
    # One or two letters alone are meant as they are, unless nothing has them.
    alone = len(words) == 1 and not words[0].chinese and len(words[0].text) < 3
    begun = not alone or not any(step(thing, words, begun=False) for thing in everything)
    return [
        thing
        for thing in everything
        if (not wanted.category or wanted.category in thing.categories) and (not words or step(thing, words, begun))
    ]


def order(thing: Thing, wanted: Filter) -> tuple:
    """Sort key of a list; listing times are all equal here."""
    card = thing.card
    if wanted.sort == "new":
        return (-card.product_id.int,)
    if wanted.sort != "relevance":
        sign = 1 if wanted.sort == "price_up" else -1
        return (sign * card.price_minor, sign * card.product_id.int)
    words = query(wanted.text)
    best = (-step(thing, words), not has_all(words, thing.found_by[CATEGORY])) if words else ()
    reduced = card.was_minor is not None
    rank = 4_096 * (card.image is not None) + 1_024 * reduced + card.product_id.int % 1_024
    return (*best, not card.in_stock, -rank, card.product_id.int)


def facets(base: Sequence[Thing], wanted: Filter, currency: str) -> dict[str, Counter]:
    """Counts by facet and value, each facet without its own filter."""
    counted: dict[str, Counter] = {name: Counter() for name in ("brand", "origin", "warehouse", "price")}
    for card in (thing.card for thing in base):
        band = sum(card.price_minor >= bound for bound in filters.bounds(currency))
        values = {
            "brand": [card.brand_slug],
            "origin": [card.origin],
            "warehouse": list(card.warehouse_kinds),
            "price": [filters.band_value(band, currency)],
        }
        for name, mine in values.items():
            if fits(card, wanted, but=name):
                counted[name].update(mine)
    return counted
