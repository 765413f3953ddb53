"""Filters as conditions of a statement. Values always travel as parameters; the texts here are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entrepot.kit import sql
from entrepot.shelf.rules.filters import PAGE_ITEMS, kinds, mask
from entrepot.shelf.types import Card, Filter

ORDERS = {
    "relevance": "p.in_stock DESC, p.rank DESC, p.product_id",
    "new": "p.listed_at DESC, p.product_id DESC",
    "price_up": "p.price_minor, p.product_id",
    "price_down": "p.price_minor DESC, p.product_id DESC",
}


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions by facet ("" where the visitor chose nothing), the one for stock, and their parameters."""

    facets: Mapping[str, str]
    in_stock: str
    params: Mapping[str, Any]

    @property
    def filters(self) -> str:
        """All of them, to follow a WHERE."""
        return "".join(f" AND {condition}" for condition in (*self.facets.values(), self.in_stock) if condition)


def where(wanted: Filter) -> Where:
    prices = []
    if wanted.price_from is not None:
        prices.append("p.price_minor >= %(price_from)s")
    if wanted.price_to is not None:
        prices.append("p.price_minor <= %(price_to)s")
    return Where(
        facets={
            "brand": "p.brand_slug = ANY(%(brands)s)" if wanted.brands else "",
            "origin": "p.origin = ANY(%(origins)s)" if wanted.origins else "",
            "warehouse": "p.kinds & %(kinds)s > 0" if wanted.warehouse_kinds else "",
            "price": " AND ".join(prices),
        },
        in_stock="p.in_stock" if wanted.in_stock else "",
        params={
            "brands": list(wanted.brands),
            "origins": list(wanted.origins),
            "kinds": mask(wanted.warehouse_kinds),
            "price_from": wanted.price_from,
            "price_to": wanted.price_to,
            "category": wanted.category or "",
        },
    )


def page_of(page: int) -> dict[str, int]:
    return {"limit": PAGE_ITEMS, "offset": (page - 1) * PAGE_ITEMS}


def fetch(statement: str, params: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """Rows as tuples: cards are read on every page."""
    return sql.hot(statement, params)[1]


def card(row: tuple[Any, ...]) -> Card:
    """A card from the columns that every statement of cards has, in its order."""
    return Card(*(*row[:11], kinds(row[11]), *row[12:]))
