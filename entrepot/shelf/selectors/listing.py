"""Pages of cards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from entrepot.catalogue import selectors as catalogue
from entrepot.kit import sql
from entrepot.kit.refusals import Invalid, NotFound
from entrepot.shelf import kept
from entrepot.shelf.rules import cards as card_rules
from entrepot.shelf.rules import filters
from entrepot.shelf.selectors import counts, search
from entrepot.shelf.selectors.where import ORDERS, Where, card, fetch, page_of, where
from entrepot.shelf.types import PAGES_MAX, Card, Filter, Listing
from entrepot.storefronts.types import Storefront

CARDS_MAX = 200
_FACETS = ("brand", "origin", "warehouse", "price")


class BadFilter(Invalid):
    code = "bad_filter"
    zh = "筛选条件有误：{what}"
    en = "The filter cannot be right: {what}"


class NoSuchCategory(NotFound):
    code = "no_such_category"
    zh = "没有这个分类：{category}"
    en = "There is no category {category}"


class NoSuchPage(NotFound):
    code = "no_such_page"
    zh = "没有第 {page} 页"
    en = "There is no page {page}"


def listing(*, storefront: Storefront, filter: Filter, page: int, language: str) -> Listing:
    """One page of what the visitor asked for, with facets. Two statements, one while the counts are kept; a query that
    is new to the process takes one or two more. Refuses BadFilter (names the field), NoSuchCategory and NoSuchPage.
    """
    wrong = filters.fault(filter)
    if wrong is not None:
        raise BadFilter(field=wrong, what=wrong)
    if not 1 <= page <= PAGES_MAX:
        raise NoSuchPage(field="page", page=page)
    language = language if language in card_rules.LANGUAGES else card_rules.LANGUAGES[0]
    conditions = where(filter)
    found = search.reading(storefront=storefront, text=filter.text) if filter.text.strip() else None
    if found is None and filter.text.strip():
        return Listing((), 0, 1, 1, dict.fromkeys(_FACETS, ()), None)
    if found is None:
        rows = _browse(storefront, conditions, filter.sort, page, language)
    else:
        rows = search.rows(
            storefront=storefront, found=found, conditions=conditions, sort=filter.sort, page=page_of(page),
            language=language,
        )  # fmt: skip
    counted = _counts(storefront, filter, conditions, found, language)
    if not rows and page > 1:
        raise NoSuchPage(field="page", page=page)
    if not rows and filter.category and not _is_category(filter.category):
        raise NoSuchCategory(field="category", category=filter.category)
    total = max(counted.total, (page - 1) * filters.PAGE_ITEMS + len(rows))
    return Listing(
        cards=tuple(card(row) for row in rows),
        total=total,
        page=page,
        pages=filters.pages(total),
        facets=counted.facets,
        corrected=found.corrected if found else None,
        relaxed=found is not None and found.relaxed and any((total, *counted.facets.values())),
    )


def beginning(*, storefront: Storefront, filter: Filter, language: str) -> tuple[Card, ...]:
    """The first cards of a list without words, and nothing about the rest of it. One statement."""
    return tuple(card(row) for row in _browse(storefront, where(filter), filter.sort, 1, language))


def cards(*, storefront: Storefront, product_ids: Collection[UUID], language: str) -> dict[UUID, Card]:
    """Cards by product; products that are not on the shelf are left out. One statement."""
    if len(product_ids) > CARDS_MAX:
        raise ValueError(f"at most {CARDS_MAX} cards at once")
    if not product_ids:
        return {}
    params = {"storefront_id": storefront.id, "language": language, "product_ids": list(product_ids)}
    return {row[0]: card(row) for row in fetch(sql.load("shelf", "cards"), params)}


def firsts(*, storefront: Storefront, categories: Collection[str], language: str) -> dict[str, Card]:
    """The first product of each category (by slug) in the shop's own order, for tiles. One statement."""
    params = {"storefront_id": storefront.id, "language": language, "categories": list(categories)}
    return {row[0]: card(row[1:]) for row in fetch(sql.load("shelf", "firsts"), params)}


def _browse(storefront: Storefront, conditions: Where, sort: str, page: int, language: str) -> Any:
    statement = sql.load("shelf", "browse").format(filters=conditions.filters, order=ORDERS[sort])
    params = {**conditions.params, **page_of(page), "storefront_id": storefront.id, "language": language}
    return fetch(statement, params)


def _counts(
    storefront: Storefront, wanted: Filter, conditions: Where, found: kept.Reading | None, language: str
) -> kept.Counts:
    """Total and facets, the same for every sort and page."""
    if found is None:
        source, params, words = counts.PLACES, {}, None
    else:
        source = counts.ENTRIES + (counts.IN_CATEGORY if wanted.category else "")
        params = {"wanted": search.wanted(found)}
        words = (tuple(word.text for word in found.words), found.relaxed, found.begun)
    of_filter = (
        wanted.category, frozenset(wanted.brands), frozenset(wanted.origins), frozenset(wanted.warehouse_kinds),
        wanted.price_from, wanted.price_to, wanted.in_stock,
    )  # fmt: skip

    def read() -> kept.Counts:
        return counts.read(
            storefront=storefront, wanted=wanted, conditions=conditions, source=source, params=params,
            language=language,
        )  # fmt: skip

    return kept.counts.get((storefront.id, language, words, of_filter), read)


def _is_category(slug: str) -> bool:
    return any(category.slug == slug for category in catalogue.categories())
