"""Questions about storefronts, answered from the process: another one's change seen after `cached.KEPT_S` at most."""

from __future__ import annotations

from entrepot.kit.refusals import NotFound
from entrepot.storefronts import cached
from entrepot.storefronts.rules import host_name
from entrepot.storefronts.types import Storefront


class NoStorefront(NotFound):
    code = "no_storefront"
    zh = "没有这家店铺：{name}"
    en = "There is no storefront {name}"


def every() -> tuple[Storefront, ...]:
    """All storefronts, oldest first."""
    return cached.storefronts()


def by_host(*, host: str) -> Storefront:
    """The storefront that answers on an HTTP host name (a port is ignored). Refuses NoStorefront."""
    name = host_name(host)
    shops = every()
    for wanted in (name, ""):
        for shop in shops:
            if wanted in shop.hosts:
                return shop
    raise NoStorefront(name=name)


def by_code(*, code: str) -> Storefront:
    """The storefront of that code. Refuses NoStorefront."""
    for shop in every():
        if shop.code == code:
            return shop
    raise NoStorefront(name=code)
