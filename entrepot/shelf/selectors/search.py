"""How a query is read, and what is found for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from entrepot.kit import sql
from entrepot.shelf import kept
from entrepot.shelf.rules import asking, spelling
from entrepot.shelf.rules.words import Word, key, together
from entrepot.shelf.rules.words import query as words_of
from entrepot.shelf.selectors.where import ORDERS, Where, fetch
from entrepot.storefronts.types import Storefront

NEAR_MAX = 200  # terms looked at for one near form


def reading(*, storefront: Storefront, text: str) -> kept.Reading | None:
    """How the text is searched on this storefront; None where it has no words. Kept for a while by text.

    Typed words come first. If no product has them all, misspelt ones give way to the nearest known terms; if that does
    not help either, most of the words are enough.
    """
    words = words_of(text)
    if not words:
        return None
    at = (storefront.id, tuple(word.text for word in words))
    return kept.readings.get(at, lambda: _read(storefront, words))


def _read(storefront: Storefront, words: tuple[Word, ...]) -> kept.Reading:
    typed = kept.Reading(words, None, relaxed=False, begun=asking.may_be_begun(words))
    spans = spelling.spans(words)
    pairs = [(i, form) for i, span in enumerate(spans) for form in spelling.near_forms(span.text)]
    params = {
        "storefront_id": storefront.id,
        "wanted": wanted(typed),
        "numbers": [i for i, _ in pairs],
        "forms": [form for _, form in pairs],
        "terms_max": NEAR_MAX,
    }
    rows = sql.rows(sql.load("shelf", "reading"), params)
    if any(row["number"] is None for row in rows):
        return typed
    if not typed.begun:
        return replace(typed, begun=True)
    known: dict[spelling.Span, list[spelling.Candidate]] = {}
    for row in rows:
        candidate = spelling.Candidate(row["term"], row["surface"], row["products"])
        known.setdefault(spans[row["number"]], []).append(candidate)
    meant = spelling.corrected(words, known)
    if meant == words:
        return replace(typed, relaxed=len(words) > 1)
    spelt = kept.Reading(meant, together(meant), relaxed=False, begun=True)
    relaxed = replace(spelt, relaxed=len(meant) > 1)
    params = {"storefront_id": storefront.id, "wanted": wanted(spelt), "most": wanted(relaxed)}
    ((has_all, has_most),) = fetch(sql.load("shelf", "any"), params)
    return spelt if has_all else relaxed if has_most else typed


def wanted(found: kept.Reading) -> str:
    """The tsquery a product must meet."""
    return asking.most_of(found.words) if found.relaxed else asking.all_of(found.words, prefix=found.begun)


def order(found: kept.Reading, sort: str) -> tuple[str, dict[str, Any]]:
    """The order of results and its parameters.

    Relevance: the title itself, then all words in the title, in title or brand, with the category, anywhere, before
    words only begun; inside these steps products whose category has the words, then the shop's own order. Where most of
    the words are enough, products with more of them come first.
    """
    if sort != "relevance":
        return ORDERS[sort], {}
    if found.relaxed:
        words = found.words[: asking.RELAXED_WORDS_MAX]
        each = [f"(p.lexemes @@ %(word{i})s::tsquery)::int" for i in range(len(words))]
        params = {f"word{i}": asking.all_of([word]) for i, word in enumerate(words)}
        return f"{' + '.join(each)} DESC, {ORDERS['relevance']}", params
    steps = """CASE WHEN %(key)s = ANY(p.title_keys) THEN 6 WHEN p.lexemes @@ %(in_title)s::tsquery THEN 5
        WHEN p.lexemes @@ %(in_brand)s::tsquery THEN 4 WHEN p.lexemes @@ %(in_any_name)s::tsquery THEN 3
        WHEN p.lexemes @@ %(anywhere)s::tsquery THEN 2 ELSE 1 END DESC, p.lexemes @@ %(in_category)s::tsquery DESC"""
    title, brand, category = asking.TITLE, asking.BRAND, asking.CATEGORY
    params = {
        "key": key(together(found.words)),
        "in_title": asking.all_of(found.words, weights=title),
        "in_brand": asking.all_of(found.words, weights=title + brand),
        "in_any_name": asking.all_of(found.words, weights=title + brand + category),
        "anywhere": asking.all_of(found.words),
        "in_category": asking.all_of(found.words, weights=category),
    }
    return f"{steps}, {ORDERS['relevance']}", params


def rows(
    *, storefront: Storefront, found: kept.Reading, conditions: Where, sort: str, page: dict[str, int], language: str
) -> Sequence[tuple[Any, ...]]:
    """One page of cards' columns, in order."""
    by, of_order = order(found, sort)
    in_category = " AND %(category)s = ANY(p.categories)" if conditions.params["category"] else ""
    statement = sql.load("shelf", "search").format(filters=in_category + conditions.filters, order=by)
    params = {**conditions.params, **of_order, **page, "storefront_id": storefront.id, "language": language}
    return fetch(statement, {**params, "wanted": wanted(found)})
