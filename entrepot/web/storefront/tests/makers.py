"""The shop as a visitor meets it: goods with pictures, prices, stock, taxes, on the shelf; people who buy."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.test import Client
from PIL import Image

from entrepot.catalogue import services as catalogue
from entrepot.identity.tests import makers as people
from entrepot.kit.clock import now
from entrepot.shelf.tests.makers import a_product, both, in_stock, opened_shop, refreshed, sku_id_of
from entrepot.stock.types import WarehouseKind
from entrepot.storefronts.types import Storefront
from entrepot.web.common.tests.makers import log_in


@dataclass(frozen=True, slots=True)
class Shop:
    """`slugs` of the products: dark and milk chocolate (bonded), cream (abroad), gone (sold out)."""

    storefront: Storefront
    slugs: tuple[str, ...]


@cache
def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (450, 450), colour).save(out, "PNG")
    return out.getvalue()


def open_shop(extra: int = 0) -> Shop:
    """Four articles in two categories, and `extra` more chocolates."""
    storefront = opened_shop()
    products = {
        "dark": a_product("dark", both("Dark chocolate 85%", "黑巧克力 85%"), prices=(8_800, 16_800)),
        "milk": a_product("milk", both("Milk chocolate", "牛奶巧克力"), prices=(7_900,)),
        "cream": a_product(
            "cream", both("Hand cream", "护手霜"), prices=(19_900,), brand="loreal", categories=("home",), origin="FR"
        ),
        "gone": a_product("gone", both("Rare praline", "限量夹心巧克力"), prices=(30_000,)),
    }
    for number in range(extra):
        products[f"more-{number}"] = a_product(f"more-{number}", both(f"Chocolate {number}", f"巧克力 {number}"))
        in_stock(f"more-{number}-1")
    for code in ("dark-1", "dark-2", "milk-1"):
        in_stock(code, 20)
    in_stock("cream-1", 3, WarehouseKind.OVERSEAS)
    for slug, colour in (("dark", "#6b4226"), ("milk", "#c49a6c"), ("cream", "#dbe7d4")):
        catalogue.add_image(product_id=products[slug], content=picture(colour), now=now())
    refreshed(*products.values())
    return Shop(storefront, tuple(products))


def code_id(code: str) -> UUID:
    return sku_id_of(code)


@dataclass(frozen=True, slots=True)
class Buyer:
    client: Client
    id: UUID
    address_id: UUID
    real_name_id: UUID


def buyer() -> Buyer:
    """Somebody logged in, with an address and a real name on record."""
    person = people.buyer()
    return Buyer(log_in(Client(), person), person, people.address(person), people.real_name(person))


def new_buyer() -> tuple[Client, UUID]:
    """Somebody logged in for the first time: nothing on record."""
    person = people.buyer()
    return log_in(Client(), person), person
