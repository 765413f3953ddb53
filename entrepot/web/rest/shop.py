"""What every operation asks first: which storefront, which language, which SKUs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.http import HttpRequest
from django.utils.translation import get_language

from entrepot.checkout.services import NoSuchSku
from entrepot.checkout.types import Wish
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront
from entrepot.web.rest.schemas import LineIn


def storefront(request: HttpRequest) -> Storefront:
    return storefronts.by_host(host=request.get_host())


def language() -> str:
    return get_language() or "zh-hans"


def wishes(lines: Sequence[LineIn]) -> list[Wish]:
    """The lines as wishes by code: whether there is such a SKU is found out where they are quoted."""
    return [Wish(sku_id=None, quantity=line.quantity, code=line.sku) for line in lines]


@contextmanager
def by_line() -> Iterator[None]:
    """A SKU that does not exist is told by its line in the request."""
    try:
        yield
    except NoSuchSku as unknown:
        raise no_such_line(unknown) from unknown


def no_such_line(unknown: NoSuchSku) -> NoSuchSku:
    return NoSuchSku(field=f"lines.{unknown.data['position']}.sku", sku=unknown.data["sku"])
