"""What a storefront shows: cards, facets, search. Rebuilt from the contexts below, never the source of anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

PAGES_MAX = 50  # of one list


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
    """What the visitor asked for. `category` and `brands` are slugs, origins ISO codes, prices minor (inclusive)."""

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
    """`value` goes back into the filter; `label` is for people where the shelf knows one (brands, price bands)."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of cards. Counts and totals are up to `kept.KEPT_S` old, cards are not.

    Facets: "brand" (slug, name), "origin" (ISO code twice), "warehouse" (kind twice), "price" ("from-to" in minor
    units, inclusive, open ends left out: "-4999"; labelled in the asked language).
    """

    cards: tuple[Card, ...]
    total: int
    page: int
    pages: int
    facets: Mapping[str, tuple[FacetValue, ...]]  # brand, origin, warehouse, price
    corrected: str | None  # the query that was searched instead, when the words were misspelt
    relaxed: bool = False  # no product has all the words: these have most of them


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion for the search box. `slug` leads to a brand, category or product; a word is searched for."""

    kind: str  # brand | category | product | word
    text: str
    slug: str = ""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did. `left_out` counts products that are not shown, by the code of the first reason."""

    shown: int
    changed: int
    removed: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: RefreshReport) -> RefreshReport:
        codes = sorted({*self.left_out, *other.left_out})
        left_out = {code: self.left_out.get(code, 0) + other.left_out.get(code, 0) for code in codes}
        return RefreshReport(
            self.shown + other.shown, self.changed + other.changed, self.removed + other.removed, left_out
        )
