"""What every operation asks first: which storefront, which language, which SKUs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import get_language

from entrepot.catalogue import selectors as articles
from entrepot.checkout.types import Wish
from entrepot.kit.refusals import NotFound
from entrepot.storefronts import selectors as storefronts
from entrepot.storefronts.types import Storefront
from entrepot.web.rest.schemas import LineIn


class NoSuchSku(NotFound):
    code = "no_such_sku"
    zh = "没有这个货号：{sku}"
    en = "There is no SKU {sku}"


def storefront(request: HttpRequest) -> Storefront:
    return storefronts.by_host(host=request.get_host())


def language() -> str:
    return get_language() or "zh-hans"


def wishes(lines: Sequence[LineIn]) -> list[Wish]:
    """The lines by SKU id, quantities of a repeated SKU added up. Refuses NoSuchSku."""
    found = articles.sku_by_code(codes=[line.sku for line in lines])
    quantities: dict[UUID, int] = {}
    for position, line in enumerate(lines):
        if line.sku not in found:
            raise NoSuchSku(field=f"lines.{position}.sku", sku=line.sku)
        sku_id = found[line.sku].id
        quantities[sku_id] = quantities.get(sku_id, 0) + line.quantity
    return [Wish(sku_id=sku_id, quantity=quantity) for sku_id, quantity in quantities.items()]
