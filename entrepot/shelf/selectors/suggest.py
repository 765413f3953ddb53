"""Completions for the search box."""

from __future__ import annotations

from entrepot.catalogue import selectors as catalogue
from entrepot.kit import sql
from entrepot.shelf import kept
from entrepot.shelf.rules import asking
from entrepot.shelf.rules.filters import TEXT_LENGTH_MAX
from entrepot.shelf.rules.words import Word, fold, key, query, together
from entrepot.shelf.selectors import search
from entrepot.shelf.selectors.where import fetch, where
from entrepot.shelf.types import Filter, Suggestion
from entrepot.storefronts.types import Storefront

BRANDS_MAX = 3
CATEGORIES_MAX = 3
WORDS_MAX = 3
PRODUCTS_MAX = 4


def suggest(*, storefront: Storefront, prefix: str, language: str) -> tuple[Suggestion, ...]:
    """What the visitor may be typing: brands and categories by any of their words, words, products. Two statements
    while the names of brands and categories are kept; none for nothing."""
    words = query(prefix[:TEXT_LENGTH_MAX])
    if not words:
        return ()
    typed = key(prefix[:TEXT_LENGTH_MAX])
    fitting = [name for name in _names(storefront) if any(one.startswith(typed) for one in name.keys)]
    found = [_named(name, language) for name in fitting if name.kind == "brand"][:BRANDS_MAX]
    found += [_named(name, language) for name in fitting if name.kind == "category"][:CATEGORIES_MAX]
    said = {fold(one.text) for one in found}
    beginning = words[-1].text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    params = {"storefront_id": storefront.id, "beginning": beginning, "words_max": WORDS_MAX + len(found)}
    surfaces = [surface for (surface,) in fetch(sql.load("shelf", "words"), params)]
    completed = [together((*words[:-1], Word(surface, ()))) for surface in surfaces]
    found += [Suggestion("word", text) for text in completed if text not in said][:WORDS_MAX]
    rows = search.rows(
        storefront=storefront,
        found=kept.Reading(words, None, relaxed=False, begun=asking.may_be_begun(words)),
        conditions=where(Filter()),
        sort="relevance",
        page={"limit": PRODUCTS_MAX, "offset": 0},
        language=language,
    )
    return (*found, *(Suggestion("product", row[2], row[1]) for row in rows))


def _named(name: kept.Name, language: str) -> Suggestion:
    return Suggestion(name.kind, name.names.get(language) or next(iter(name.names.values())), name.slug)


def _names(storefront: Storefront) -> tuple[kept.Name, ...]:
    """Brands and categories on the shelf, those with the most products first."""
    return kept.names.get(storefront.id, lambda: _read(storefront))


def _read(storefront: Storefront) -> tuple[kept.Name, ...]:
    categories = {category.slug: category.names for category in catalogue.categories()}
    found = []
    for row in sql.rows(sql.load("shelf", "names"), {"storefront_id": storefront.id}):
        names = categories.get(row["slug"]) if row["kind"] == "category" else sql.json_value(row["names"])
        if names:
            keys = {ending for name in names.values() for ending in _endings(key(name))}
            found.append(kept.Name(row["kind"], row["slug"], names, tuple(sorted(keys)), row["products"]))
    return tuple(sorted(found, key=lambda name: (-name.products, name.slug)))


def _endings(text: str) -> list[str]:
    """The text from each of its words on: "la roche posay" is also found by "roche"."""
    parts = text.split(" ")
    return [" ".join(parts[i:]) for i in range(len(parts))]
