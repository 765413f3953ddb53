"""What surrounds every page of the shop: storefront, menu, who is there, what the basket holds.

All of it is lazy: a visitor without cookies costs no query here once the menu is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation
from markupsafe import Markup

from entrepot.basket import selectors as basket
from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.types import Category
from entrepot.kit.clock import now
from entrepot.kit.refusals import NotFound
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront
from entrepot.web.common.formats import language, text
from entrepot.web.common.memo import kept
from entrepot.web.common.shops import address_of
from entrepot.web.storefront.shopper import shopper


@dataclass(frozen=True, slots=True)
class Aisle:
    """A category at the top with those below it."""

    category: Category
    children: tuple[Category, ...]


@kept(seconds=60)
def storefront_at(host: str) -> Storefront:
    return storefronts.by_host(host=host)


@kept(seconds=60)
def categories() -> tuple[Category, ...]:
    return tuple(catalogue.categories())


@kept(seconds=60)
def aisles() -> tuple[Aisle, ...]:
    every = sorted(categories(), key=lambda category: (category.rank, category.slug))
    below: dict[UUID | None, list[Category]] = {}
    for category in every:
        below.setdefault(category.parent_id, []).append(category)
    return tuple(Aisle(top, tuple(below.get(top.id, ()))) for top in below.get(None, ()))


def basket_at(host: str, storefront_id: UUID) -> str:
    """Where the basket of a shop is shown: here, or at its own address where this is another's."""
    here = storefront_at(host)
    shop = next((shop for shop in storefronts.every() if shop.id == storefront_id), here)
    return reverse("basket") if shop.id == here.id else f"{address_of(shop)}{reverse('basket')}"


class Frame:
    """What is around a page for everybody; `pages` puts gaps where Shell has what is a visitor's own."""

    def __init__(self, host: str, path: str, query: str) -> None:
        self.host, self.path, self.query = host, path, query

    @cached_property
    def storefront(self) -> Storefront | None:
        """None before the first storefront is opened: the log-in pages stand in an empty house too."""
        try:
            return storefront_at(self.host)
        except NotFound:
            return None

    @cached_property
    def name(self) -> str:
        return text(self.storefront.names) if self.storefront else str(settings.SHOP_NAME)

    @property
    def drawn(self) -> bool:
        """The mark that ships is of the shop of this name."""
        return (self.storefront.names.get("en") if self.storefront else settings.SHOP_NAME) == "Koala Lane"

    @cached_property
    def aisles(self) -> tuple[Aisle, ...]:
        return aisles()

    @cached_property
    def home(self) -> str:
        return "/en/" if language() == "en" else "/"

    @cached_property
    def elsewhere(self) -> str:
        """This page in the other language."""
        path = self.path if language() == "en" else "/en" + self.path
        address = path.removeprefix("/en") if language() == "en" else path
        return f"{address}?{self.query}" if self.query else address

    @cached_property
    def canonical(self) -> str:
        """This page at the shop's own address."""
        return f"{address_of(self.storefront)}{self.path}"


class Shell(Frame):
    def __init__(self, request: HttpRequest) -> None:
        # A POST's answer is not a page of its own: the address of its form is used.
        query = request.META.get("QUERY_STRING", "") if request.method == "GET" else ""
        super().__init__(request.get_host(), request.path, query)
        self.request = request

    @cached_property
    def signed_in(self) -> bool:
        return settings.SESSION_COOKIE_NAME in self.request.COOKIES and self.request.user.is_authenticated

    @cached_property
    def staff(self) -> bool:
        return self.signed_in and bool(getattr(self.request.user, "is_staff", False))

    @cached_property
    def basket_count(self) -> int:
        who = shopper(self.request)
        return basket.count(buyer_id=who, storefront_id=self.storefront.id) if who and self.storefront else 0

    @property
    def door(self) -> Markup:
        """The way to the account, or to log in."""
        return _own("door", self.signed_in)

    @property
    def count(self) -> str:
        return str(self.basket_count or "")

    @property
    def notes(self) -> Markup:
        """What the last request has to say."""
        notes = list(get_messages(self.request))
        return _own("notes", notes) if notes else Markup()

    @property
    def now(self) -> str:
        """The shop's time, for scripts that count down: a visitor's clock may be wrong."""
        return now().isoformat()


def _own(macro: str, about: object) -> Markup:
    template = get_template("parts/own.html").template  # type: ignore[attr-defined] # Jinja's
    drawn: Markup = getattr(template.module, macro)(about)
    return drawn


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` on every page, and the language the page is in."""
    return around(Shell(request))


def around(frame: Frame) -> dict[str, Any]:
    return {
        "shell": frame,
        "language": language(),
        "lang": "en" if translation.get_language() == "en" else "zh-Hans",
    }
