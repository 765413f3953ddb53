"""What a storefront shows: cards, facets, search. Rebuilt from the contexts below, never the source of anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Card:
    """One product in a list. Prices are of its cheapest SKU on sale; `tax_minor` is that SKU's tax for one unit."""

    product_id: UUID
    slug: str
    title: str
    brand: str
    brand_slug: str
    origin: str
    image: str | None
    price_minor: int
    was_minor: int | None
    tax_minor: int
    currency: str
    warehouse_kinds: tuple[str, ...]
    in_stock: bool
    variants: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What the visitor asked for. `category` and `brands` are slugs, origins ISO codes, prices minor units."""

    text: str = ""
    category: str | None = None
    brands: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    warehouse_kinds: tuple[str, ...] = ()
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False
    sort: str = "relevance"  # relevance | new | price_up | price_down


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    cards: tuple[Card, ...]
    total: int
    page: int
    pages: int
    facets: Mapping[str, tuple[FacetValue, ...]]  # brand, origin, warehouse, price
    corrected: str | None  # the query that was searched instead, when the words were misspelt
