from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from entrepot.catalogue.tests.makers import make_sku
from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from entrepot.pricing.models import FlashSaleItem, Price
from entrepot.pricing.tests.makers import koala_list, on_sale, priced

pytestmark = pytest.mark.django_db


def ask(method: str, data: dict[str, str], price: Price | None = None, user=None, model=Price):
    """The back office's answer to somebody who may do anything; of one price, if one is given."""
    request = getattr(RequestFactory(), method)("/", data)
    request.user = user or get_user_model()(is_superuser=True, display_name="Li", email="li@example.org")
    request.session = {}
    request._messages = FallbackStorage(request)
    request._dont_enforce_csrf_checks = True
    board = admin.site._registry[model]
    if price is not None:
        return board.change_view(request, str(price.id))
    return board.changelist_view(request) if method == "get" else board.add_view(request)


def test_a_price_is_set_by_sku_code_in_the_currency_of_its_list() -> None:
    sku = make_sku()
    form = {"price_list": str(koala_list()), "sku": sku.code, "amount": "129.9", "was": "159"}
    assert ask("post", form).status_code == 302
    price = Price.objects.get()
    assert (price.sku_id, price.amount_minor, price.was_minor) == (sku.id, 12_990, 15_900)


def test_of_two_of_one_name_it_is_kept_who_set_a_price_and_both_are_shown_by_name() -> None:
    first, second = (get_user_model().objects.get(id=clerk(Role.CATALOGUE)) for _ in range(2))
    get_user_model().objects.update(display_name="Li Wei")
    for user, amount in ((first, "129.9"), (second, "119.9")):
        form = {"price_list": str(koala_list()), "sku": make_sku().code, "amount": amount}
        assert ask("post", form, user=user).status_code == 302
    assert {price.set_by for price in Price.objects.all()} == {str(first.pk), str(second.pk)}
    page = ask("get", {}).render().content.decode()
    assert page.count("Li Wei") == 2 and str(first.pk) not in page


def test_what_cannot_be_a_price_is_told_in_chinese_too() -> None:
    form = {"price_list": str(koala_list()), "sku": make_sku().code, "amount": "0", "was": ""}
    page = ask("post", form).render().content.decode()
    for words in ("售价须大于零", "售价 · Price", "划线价", "价目表", "留空：自现在起"):
        assert words in page
    assert "没有这个货号" in ask("post", {**form, "sku": "none"}).render().content.decode()


def test_the_price_of_an_article_in_a_sale_is_listed_as_money() -> None:
    on_sale([make_sku().id])
    page = ask("get", {}, model=FlashSaleItem).render().content.decode()
    assert FlashSaleItem.objects.get().price_minor == 50
    assert "0.50 CNY" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": "none"}, "sku"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"was": "1"}, "was"),
        ({"valid_from_0": "2020-01-01", "valid_from_1": "00:00"}, "valid_from"),
        ({"price_list": ""}, "price_list"),
    ],
)
def test_a_bad_form_names_the_field_and_sets_nothing(change: dict[str, str], field: str) -> None:
    form = {"price_list": str(koala_list()), "sku": make_sku().code, "amount": "129.9", **change}
    answer = ask("post", form)
    assert answer.status_code == 200
    assert field in answer.context_data["adminform"].form.errors
    assert not Price.objects.exists()


def test_prices_are_listed_with_their_codes(django_assert_max_num_queries) -> None:
    sku = make_sku()
    priced({sku.id: 12_990})
    with django_assert_max_num_queries(8):
        page = ask("get", {"q": sku.code}).render().content.decode()
    assert sku.code in page and "129.90 CNY" in page
    assert sku.code not in ask("get", {"q": "other"}).render().content.decode()


def test_a_price_that_is_set_is_read(django_assert_max_num_queries) -> None:
    sku = make_sku()
    priced({sku.id: 12_990})
    with django_assert_max_num_queries(8):
        page = ask("get", {}, Price.objects.get(sku_id=sku.id)).render().content.decode()
    assert sku.code in page and "129.90 CNY" in page
    assert 'name="amount"' not in page
