"""Looking around: front page, lists, search and its suggestions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Category
from entrepot.catalogue.types import text as in_language
from entrepot.shelf import selectors as shelf
from entrepot.shelf.types import Card, FacetValue, Filter, Listing, Suggestion
from entrepot.web.common.access import PUBLIC, access
from entrepot.web.common.formats import country, currency_name, language, money, text
from entrepot.web.common.rush import windows
from entrepot.web.storefront.asking import Asked, clean, names_of, shown_pages
from entrepot.web.storefront.fronts import brand_letters, front, in_order
from entrepot.web.storefront.pages import Page, Visit, kept_page
from entrepot.web.storefront.shell import categories, storefront_at

guesses_max = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list stands: its heading, what its address fixes, the crumbs and the narrower categories."""

    heading: str
    base: str
    fixed: Filter
    trail: Sequence[tuple[str, str]] = ()
    narrower: Sequence[Category] = ()
    intro: str = ""
    here: str = ""


@access(PUBLIC)
@kept_page
def home(visit: Visit) -> Page:
    shown = front(visit.storefront, visit.language)
    goods = (*shown.arrivals, *shown.picks)
    cards = shelf.cards(storefront=visit.storefront, product_ids=goods, language=visit.language)
    return Page(
        "shop/home.html",
        {
            "here": "front",
            "rush": next((one for one in windows(visit.storefront) if one.state in ("running", "coming")), None),
            "arrivals": in_order(shown.arrivals, cards),
            "picks": in_order(shown.picks, cards),
            "tiles": shown.tiles,
            "brands": shown.brands,
            "origins": shown.origins,
        },
    )


@access(PUBLIC)
@kept_page
def category(visit: Visit, slug: str) -> Page:
    every = {one.slug: one for one in categories()}
    found = every.get(slug)
    if found is None:
        raise Http404
    by_id = {one.id: one for one in every.values()}
    line = [by_id[one] for one in found.path]
    family = found.id if any(one.parent_id == found.id for one in every.values()) else found.parent_id
    return _list(
        visit,
        Place(
            heading=text(found.names),
            base=reverse("category", args=[slug]),
            fixed=Filter(category=slug, sort="relevance"),
            trail=[(text(one.names), reverse("category", args=[one.slug])) for one in line[:-1]]
            + [(text(found.names), "")],
            narrower=sorted(
                (one for one in every.values() if one.parent_id == family and family), key=lambda one: one.rank
            ),
            here=line[0].slug,
        ),
    )


@access(PUBLIC)
@kept_page
def brand(visit: Visit, slug: str) -> Page:
    found = catalogue.brand(slug=slug)
    if found is None:
        raise Http404
    name, latin = text(found.names), in_language(found.names, "en")
    both = name if name == latin else f"{name} {latin}"
    place = Place(
        heading=both,
        base=reverse("brand", args=[slug]),
        fixed=Filter(brands=(slug,)),
        trail=[(_("Brands"), reverse("brands")), (both, "")],
        intro=_("A brand from %(country)s") % {"country": country(found.country)},
        here="brands",
    )
    return _list(visit, place)


@access(PUBLIC)
@kept_page
def origin(visit: Visit, code: str) -> Page:
    name = country(code.upper())
    if not re.fullmatch("[A-Za-z]{2}", code) or code.upper() in {name, "ZZ"}:  # ZZ: Unicode's unknown region
        raise Http404
    place = Place(
        heading=_("From %(country)s") % {"country": name},
        base=reverse("origin", args=[code]),
        fixed=Filter(origins=(code.upper(),)),
        trail=[(name, "")],
        intro=_("Everything whose country of origin, as declared to customs, is %(country)s.") % {"country": name},
    )
    return _list(visit, place)


@access(PUBLIC)
@kept_page
def new(visit: Visit) -> Page:
    name = _("New in the shop")
    return _list(visit, Place(heading=name, base=reverse("new"), fixed=Filter(sort="new"), trail=[(name, "")]))


@access(PUBLIC)
@kept_page
def search(visit: Visit) -> Page:
    words = clean(visit.query.get("q", ""))
    heading = _("Results for “%(words)s”") % {"words": words} if words else _("Everything in the shop")
    return _list(visit, Place(heading=heading, base=reverse("search"), fixed=Filter(), trail=[(_("Search"), "")]))


@access(PUBLIC)
def suggest(request: HttpRequest) -> HttpResponse:
    words = clean(request.GET.get("q", ""))
    store = storefront_at(request.get_host())
    found = shelf.suggest(storefront=store, prefix=words, language=language())[:guesses_max] if words else ()
    kinds = {"brand": _("Brand"), "category": _("Category"), "product": "", "word": ""}
    guesses = [(one.text, _address(one), kinds.get(one.kind, "")) for one in found]
    answer = render(request, "shop/guess.html", {"guesses": guesses})
    answer["Cache-Control"] = "public, max-age=60"
    return answer


def _address(guess: Suggestion) -> str:
    if guess.kind in {"brand", "category", "product"}:
        return reverse(guess.kind, args=[guess.slug])
    return f"{reverse('search')}?{urlencode({'q': guess.text})}"


@access(PUBLIC)
@kept_page
def brands(visit: Visit) -> Page:
    letters = brand_letters(visit.storefront, visit.language)
    return Page("shop/brands.html", {"letters": letters, "here": "brands"})


def _list(visit: Visit, place: Place) -> Page:
    store = visit.storefront
    asked = Asked(visit.query, base=place.base, fixed=place.fixed, currency=store.currency)
    listing = shelf.listing(storefront=store, filter=asked.filter, page=asked.page, language=visit.language)
    asked.label = chip_label(listing, asked)
    return Page(
        "shop/listing.html",
        {
            "here": place.here,
            "heading": place.heading,
            "intro": place.intro,
            "trail": place.trail,
            "narrower": place.narrower,
            "asked": asked,
            "currency": currency_name(store.currency),
            "listing": listing,
            "labels": facet_label,
            "sorts": sorts(bool(asked.filter.text)),
            "shown_pages": shown_pages(listing.page, listing.pages),
            "suggested": () if listing.cards else _suggested(visit),
        },
    )


def _suggested(visit: Visit) -> list[Card]:
    new = front(visit.storefront, visit.language).arrivals[:4]
    return in_order(new, shelf.cards(storefront=visit.storefront, product_ids=new, language=visit.language))


def sorts(searching: bool) -> list[tuple[str, str]]:
    return [
        ("relevance", _("Best match") if searching else _("Recommended")),
        ("new", _("Newest first")),
        ("price_up", _("Price, low to high")),
        ("price_down", _("Price, high to low")),
    ]


def facet_label(facet: str, value: FacetValue) -> str:
    if facet == "origin":
        return country(value.value)
    return warehouse_name(value.value) if facet == "warehouse" else value.label


def chip_label(listing: Listing, asked: Asked) -> Callable[[str, str], str]:
    known = names_of(listing)
    low, high = (money(minor or 0, asked.currency) for minor in (asked.filter.price_from, asked.filter.price_to))

    def label(name: str, value: str) -> str:
        if name == "origin":
            return country(value)
        if name == "warehouse":
            return warehouse_name(value)
        if name == "price_from":
            return _("from %(price)s") % {"price": low}
        if name == "price_to":
            return _("up to %(price)s") % {"price": high}
        if name == "stock":
            return _("In stock")
        return known.get((name, value), value)

    return label


def warehouse_name(kind: str) -> str:
    names = {"bonded": _("Bonded warehouse"), "overseas": _("Warehouse abroad"), "domestic": _("Domestic warehouse")}
    return names.get(kind, kind)
