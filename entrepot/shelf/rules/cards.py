"""From what the contexts know of a product to its row on the shelf. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entrepot.catalogue.types import Category, Product, Sku, text
from entrepot.pricing.types import Price
from entrepot.shelf.rules import words
from entrepot.shelf.rules.asking import ATTRIBUTE, BRAND, CATEGORY, TITLE, document
from entrepot.shelf.rules.countries import names

LANGUAGES = ("zh-hans", "en")
_PICTURE, _REDUCED, _MIX = 4_096, 1_024, 1_024


@dataclass(frozen=True, slots=True)
class Offer:
    """One SKU that can be sold: its price, the tax of one unit, and the warehouse kinds (bits) that have it."""

    sku: Sku
    price: Price
    tax_minor: int
    kinds: int


def shown(offers: Sequence[Offer]) -> Offer:
    """The offer whose price stands on the card: the cheapest in stock, else the cheapest."""
    return min(offers, key=lambda offer: (not offer.kinds, offer.price.amount.minor, offer.sku.id))


def shelves(product: Product, tree: Mapping[UUID, Category]) -> list[Category]:
    """The product's categories and everything above them, each once, roots first."""
    found = {step: tree[step] for chosen in product.category_ids if chosen in tree for step in tree[chosen].path}
    return sorted(found.values(), key=lambda category: (len(category.path), category.rank, category.slug))


def rank(product_id: UUID, *, picture: bool, reduced: bool) -> int:
    """The shop's own order while nothing has been sold: with a picture, on offer, then mixed, always the same."""
    return _PICTURE * picture + _REDUCED * reduced + product_id.int % _MIX


def row(product: Product, offers: Sequence[Offer], tree: Mapping[UUID, Category]) -> dict[str, Any]:
    """The entry's columns, JSON-ready. `offers` is not empty."""
    card = shown(offers)
    categories = shelves(product, tree)
    image = product.images[0] if product.images else card.sku.image
    was = card.price.was
    kinds = 0
    for offer in offers:
        kinds |= offer.kinds
    return {
        "product_id": product.id,
        "slug": product.slug,
        "titles": {language: text(product.titles, language) for language in LANGUAGES},
        "brand_slug": product.brand.slug,
        "brand_names": {language: text(product.brand.names, language) for language in LANGUAGES},
        "origin": card.sku.origin,
        "image": image,
        "price_minor": card.price.amount.minor,
        "was_minor": was.minor if was else None,
        "tax_minor": card.tax_minor,
        "kinds": kinds,
        "in_stock": kinds > 0,
        "variants": len(offers),
        "categories": [category.slug for category in categories],
        "rank": rank(product.id, picture=image is not None, reduced=was is not None),
        "title_keys": _keys(product),
        "lexemes": document(_texts(product, offers, categories)),
    }


def _texts(product: Product, offers: Sequence[Offer], categories: Sequence[Category]) -> dict[str, list[str]]:
    attributes = [value for _, values in product.attributes for value in values.values()]
    codes = [code for offer in offers for code in (offer.sku.code, offer.sku.gtin) if code]
    axes = [value for offer in offers for values in offer.sku.axes.values() for value in values.values()]
    countries = {product.brand.country, *(offer.sku.origin for offer in offers)}
    named = [name for code in sorted(countries) for name in names(code)]
    return {
        TITLE: list(product.titles.values()),
        BRAND: list(product.brand.names.values()),
        CATEGORY: [name for category in categories for name in category.names.values()],
        ATTRIBUTE: [*codes, *axes, *named, *attributes],
    }


def _keys(product: Product) -> list[str]:
    """The texts that are this product when they are the whole query: its titles, alone and after its brand's names."""
    titles = {words.key(title) for title in product.titles.values()}
    brands = {words.key(name) for name in product.brand.names.values()}
    return sorted((titles | {f"{brand} {title}" for brand in brands for title in titles}) - {""})


def spellings(product: Product, categories: Sequence[Category]) -> dict[str, str]:
    """The words of titles, brand, categories and attributes that queries are spelt by: written form by term."""
    texts = [*product.titles.values(), *product.brand.names.values()]
    texts += [name for category in categories for name in category.names.values()]
    texts += [value for _, values in product.attributes for value in values.values()]
    texts += [name for code in {product.brand.country, *(sku.origin for sku in product.skus)} for name in names(code)]
    return {term: surface for one in texts for term, surface in words.terms(one)}
