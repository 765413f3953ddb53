from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from entrepot.catalogue.tests.makers import make_sku
from entrepot.pricing.models import Price
from entrepot.pricing.tests.makers import koala_list, priced

pytestmark = pytest.mark.django_db


def ask(method: str, data: dict[str, str], price: Price | None = None):
    """The back office's answer to somebody who may do anything; of one price, if one is given."""
    request = getattr(RequestFactory(), method)("/", data)
    request.user = get_user_model()(is_superuser=True, display_name="Li", email="li@example.org")
    request.session = {}
    request._messages = FallbackStorage(request)
    request._dont_enforce_csrf_checks = True
    board = admin.site._registry[Price]
    if price is not None:
        return board.change_view(request, str(price.id))
    return board.changelist_view(request) if method == "get" else board.add_view(request)


def test_a_price_is_set_by_sku_code_in_the_currency_of_its_list() -> None:
    sku = make_sku()
    form = {"price_list": str(koala_list()), "sku": sku.code, "amount": "129.9", "was": "159"}
    assert ask("post", form).status_code == 302
    price = Price.objects.get()
    assert (price.sku_id, price.amount_minor, price.was_minor, price.set_by) == (sku.id, 12_990, 15_900, "Li")


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
