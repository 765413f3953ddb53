"""The back office's record pages of stock and orders: they open, find, stay read-only and never show what is sealed."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import models
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.translation import override

from entrepot.catalogue.tests.makers import make_sku
from entrepot.orders import models as orders
from entrepot.orders.tests.makers import CONSIGNEE, ID_HASH, placed
from entrepot.pricing import models as pricing
from entrepot.pricing import services as sales
from entrepot.pricing.tests.makers import a_take, on_sale
from entrepot.stock import models as stock
from entrepot.stock.tests.makers import claimed, stocked, warehouse

pytestmark = pytest.mark.django_db
PAGES = [
    stock.Warehouse,
    stock.Lot,
    stock.Level,
    stock.Movement,
    stock.Claim,
    orders.Order,
    orders.Parcel,
    orders.Line,
    orders.Event,
    pricing.FlashSale,
    pricing.FlashSaleItem,
    pricing.PurchaseLimit,
    pricing.Take,
]
JUNK = ["", "x", "'", "%", "\0", "00000000-0000-0000-0000-000000000000", "九" * 300, "a b c"]


def asked(**data: str) -> HttpRequest:
    request = RequestFactory().get("/", data)
    request.user = get_user_model()(is_superuser=True, display_name="Li", email="li@example.org")
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def listed(model: type[models.Model], text: str) -> str:
    answer = admin.site._registry[model].changelist_view(asked(q=text))
    assert answer.status_code == 200
    return str(answer.render().content.decode())


@pytest.fixture
def records() -> dict[str, str]:
    sku = make_sku()
    place = warehouse()
    stocked(sku.id, place, 5)
    order = placed()
    claimed(sku.id, place, 2, order.id)
    sale = on_sale([sku.id])
    sales.set_limit(sku_id=sku.id, quantity=9, days=30, actor="li", now=sale.starts_at)
    sales.take_many(takes=[a_take(sale.items[0], id_hash=ID_HASH)], at=sale.starts_at)
    return {"sku": sku.code, "number": order.number, "order": str(order.id)}


@pytest.mark.parametrize("model", PAGES)
def test_a_page_lists_finds_and_shows_without_a_way_to_change(
    model: type[models.Model], records: dict[str, str]
) -> None:
    page = admin.site._registry[model]
    for text in JUNK:
        listed(model, text)
    row = model._default_manager.first()
    assert row is not None
    shown = page.changeform_view(asked(), str(row.pk))
    content = shown.render().content.decode()
    assert shown.status_code == 200
    assert not (page.has_add_permission(asked()) or page.has_change_permission(asked(), row))
    assert not page.has_delete_permission(asked(), row)
    for secret in (CONSIGNEE.detail, CONSIGNEE.name, CONSIGNEE.phone, ID_HASH.decode()):
        assert secret not in content
        assert secret not in listed(model, "")


def test_goods_are_found_by_sku_code_lot_and_order(records: dict[str, str]) -> None:
    for model, text in [
        (stock.Level, records["sku"]),
        (stock.Level, "L1"),
        (stock.Lot, "L1"),
        (stock.Movement, records["order"]),
        (stock.Claim, records["order"]),
    ]:
        assert records["sku"] in listed(model, text)
        assert records["sku"] not in listed(model, "nothing like it").replace("nothing like it", "")


def test_orders_are_found_by_number_in_any_case(records: dict[str, str]) -> None:
    for model in (orders.Order, orders.Parcel, orders.Event, orders.Line):
        page = listed(model, records["number"].lower())
        assert records["number"] in page


def test_records_are_named_in_the_readers_language() -> None:
    for language, foreign in (("zh-hans", re.compile("[A-Za-z]{4}")), ("en", re.compile("[一-鿿]"))):
        with override(language):
            metas = [model._meta for model in admin.site._registry]
            words = [str(word) for one in metas for word in (one.verbose_name, one.verbose_name_plural)]
            words += [str(one.app_config.verbose_name) for one in metas]
        assert not [word for word in words if foreign.search(word)]
