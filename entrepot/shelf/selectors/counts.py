"""Totals and facets of a list, in one statement, kept for a short while."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from entrepot.kit import sql
from entrepot.shelf import kept
from entrepot.shelf.rules import filters
from entrepot.shelf.selectors.where import Where, fetch
from entrepot.shelf.types import FacetValue, Filter
from entrepot.storefronts.types import Storefront

BRANDS_MAX = 30  # the commonest ones, and those chosen

PLACES = "shelf_place p WHERE p.storefront_id = %(storefront_id)s AND p.category = %(category)s"
ENTRIES = "shelf_entry p WHERE p.storefront_id = %(storefront_id)s AND p.lexemes @@ %(wanted)s::tsquery"
IN_CATEGORY = " AND %(category)s = ANY(p.categories)"


def read(
    *, storefront: Storefront, wanted: Filter, conditions: Where, source: str, params: Mapping[str, Any], language: str
) -> kept.Counts:
    """Count afresh. `source` is a table with its conditions, `params` theirs."""
    parts = {facet: f"({condition})" if condition else "true" for facet, condition in conditions.facets.items()}
    in_stock = f" AND {conditions.in_stock}" if conditions.in_stock else ""
    statement = sql.load("shelf", "counts").format(source=source + in_stock, **parts)
    bounds = filters.bounds(storefront.currency)
    everything = {**conditions.params, **params, "bounds": bounds, "brands_max": BRANDS_MAX}
    total = 0
    found: dict[str, list[tuple[str, Mapping[str, str], int]]] = {
        "brand": [],
        "origin": [],
        "warehouse": [],
        "price": [],
    }
    for facet, value, names, count in fetch(statement, {**everything, "storefront_id": storefront.id}):
        if facet == "total":
            total = count
        else:
            found[facet].append((value, json.loads(names) if names else {}, count))
    return kept.Counts(
        total,
        {
            "brand": _common_first(found["brand"], wanted.brands, language),
            "origin": _common_first(found["origin"], wanted.origins, language),
            "warehouse": _warehouses(found["warehouse"], wanted),
            "price": _bands(found["price"], wanted, storefront.currency, language),
        },
    )


def _common_first(
    rows: Sequence[tuple[str, Mapping[str, str], int]], chosen: Sequence[str], language: str
) -> tuple[FacetValue, ...]:
    """Values with the most products first; what was chosen stays, even where nothing is left of it."""
    values = {value: FacetValue(value, names.get(language, value), n, value in chosen) for value, names, n in rows}
    for value in chosen:
        values.setdefault(value, FacetValue(value, value, 0, True))
    return tuple(sorted(values.values(), key=lambda one: (-one.count, one.value)))


def _warehouses(rows: Sequence[tuple[str, Mapping[str, str], int]], wanted: Filter) -> tuple[FacetValue, ...]:
    counted = {kind: count for kind, _, count in rows}
    return tuple(
        FacetValue(kind, kind, counted[kind], kind in wanted.warehouse_kinds)
        for kind in filters.KINDS
        if counted[kind] or kind in wanted.warehouse_kinds
    )


def _bands(
    rows: Sequence[tuple[str, Mapping[str, str], int]], wanted: Filter, currency: str, language: str
) -> tuple[FacetValue, ...]:
    counted = {int(band): count for band, _, count in rows}
    found = []
    for band in range(len(filters.bounds(currency)) + 1):
        chosen = filters.band_chosen(band, currency, wanted)
        if chosen or band in counted:
            value, label = filters.band_value(band, currency), filters.band_label(band, currency, language)
            found.append(FacetValue(value, label, counted.get(band, 0), chosen))
    return tuple(found)
