"""The basket before and after log-in, with and without JavaScript, and what is put into it by mistake."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from entrepot.basket import selectors as baskets
from entrepot.checkout import selectors as checkout
from entrepot.checkout.types import BasketQuote
from entrepot.kit.ids import new_id
from entrepot.shelf.tests.makers import in_stock
from entrepot.stock.tests.makers import claimed, warehouse
from entrepot.stock.types import WarehouseKind
from entrepot.web.storefront.tests.makers import Shop, buyer, code_id

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TOTAL = re.compile(r'<dd class="total">([^<]+)</dd>')


def put(client: Client, code: str, quantity: object = 1, mode: str = "add", **more: str):
    data = {"sku": str(code_id(code)), "quantity": quantity, "mode": mode, **more}
    return client.post("/en/basket/put/", data, headers=HTMX if more.pop("htmx", "") else None)


def page(client: Client, language: str = "en") -> str:
    return client.get("/en/basket/" if language == "en" else "/basket/").content.decode()


def test_a_visitor_fills_a_basket_and_finds_it_again(shop: Shop, client: Client) -> None:
    answer = put(client, "dark-1", 2)
    assert (answer.status_code, answer["Location"]) == (302, "/en/basket/")
    assert client.cookies["visitor"]["httponly"]
    shown = page(client)
    assert "Dark chocolate 85%" in shown
    assert "¥176.00" in shown
    assert 'id="count-head" data-count>2<' in shown


def test_what_a_visitor_put_in_stays_for_a_month_from_then_on(shop: Shop, client: Client) -> None:
    kept = [put(client, "dark-1").cookies["visitor"] for _ in range(2)]
    assert [(one.value, one["max-age"]) for one in kept] == [(kept[0].value, 30 * 24 * 3600)] * 2
    assert "visitor" not in put(buyer().client, "dark-1").cookies


def test_adding_adds_and_setting_sets(shop: Shop, client: Client) -> None:
    put(client, "dark-1", 2)
    put(client, "dark-1", 3)
    assert 'id="count-head" data-count>5<' in page(client)
    put(client, "dark-1", 1, "set")
    assert 'id="count-head" data-count>1<' in page(client)
    put(client, "dark-1", 0, "set")
    assert "Your basket is empty" in page(client)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What others do after the basket was looked at and before it is asked what is there of it."""
    quote, others = checkout.quote, list[Callable[[], object]]()

    def later(**asked: Any) -> BasketQuote:
        while others and "how" in asked:
            others.pop()()
        return quote(**asked)

    monkeypatch.setattr(checkout, "quote", later)
    return others


def test_what_was_short_and_comes_back_as_the_page_is_made_is_in_the_total(
    shop: Shop, client: Client, meanwhile: list[Callable[[], object]]
) -> None:
    put(client, "dark-1")
    put(client, "gone-1")
    assert "Left out, and not charged" in page(client)
    meanwhile.append(lambda: in_stock("gone-1"))
    shown = page(client)
    assert not meanwhile and "Rare praline" in shown and "Left out" not in shown and "Cannot be ordered" not in shown


def test_what_sells_out_as_the_page_is_made_is_not_lost_from_it(
    shop: Shop, client: Client, meanwhile: list[Callable[[], object]]
) -> None:
    for code in ("dark-1", "cream-1", "gone-1"):
        put(client, code)
    place = warehouse("WH-overseas", WarehouseKind.OVERSEAS)
    meanwhile.append(lambda: claimed(code_id("cream-1"), place, 3))
    there, left_out = page(client).split('id="unplaced"')
    assert "Dark chocolate" in there and "Hand cream" not in there
    assert "Hand cream" in left_out and "Rare praline" in left_out
    place = warehouse("WH-bonded")
    meanwhile.append(lambda: claimed(code_id("dark-1"), place, 20))
    left_out = page(client).split('id="unplaced"')[1]
    assert not meanwhile and "Left out, and not charged" not in left_out
    assert all(name in left_out for name in ("Dark chocolate", "Hand cream", "Rare praline"))


def test_goods_from_two_warehouses_are_two_parcels_with_their_own_sums(shop: Shop, client: Client) -> None:
    put(client, "dark-1")
    put(client, "cream-1")
    shown = page(client)
    assert "2 parcels" in shown
    assert "Bonded import" in shown
    assert "Direct import" in shown
    assert shown.count("This parcel") == 2
    assert "How the tax is computed" in shown


def test_what_cannot_be_ordered_is_said_beside_it_in_plain_words(shop: Shop, client: Client) -> None:
    put(client, "cream-1", 9)
    assert "3 of 9 in stock: 3 are in the total, 6 are left out." in page(client)
    assert "想购 9 件，现有 3 件：合计只含这 3 件，另 6 件不下单。" in page(client, "zh")
    offer = "Order what is there"
    assert offer in page(client)
    put(client, "dark-2", 20)
    put(client, "dark-1", 20)  # too much for one order, which ordering less cream does not mend
    assert offer not in page(client)
    assert "Only 3 left" in page(client)
    assert 'aria-disabled="true"' in page(client)


def test_what_is_to_be_paid_is_what_is_there_of_it(shop: Shop, client: Client) -> None:
    put(client, "cream-1", 3)
    three = TOTAL.findall(page(client))
    put(client, "cream-1", 9, "set")
    put(client, "gone-1", 2)
    shown = page(client)
    assert TOTAL.findall(shown) == three  # of the parcel and of all
    assert "To pay for what is there" in shown
    summary = shown.partition('id="left-out"')[2].partition("</aside>")[0]
    assert "6 of 9" in summary
    assert "2 of 2" in summary
    assert re.findall(r'name="quantity" type="number"[^>]* value="(\d+)"', shown) == ["9", "2"]  # as they are wished
    assert "Cannot be ordered now" in shown


def test_where_nothing_is_there_nothing_is_offered(shop: Shop, client: Client) -> None:
    put(client, "gone-1", 1)
    assert "Order what is there" not in page(client)
    assert 'aria-disabled="true"' in page(client)


def test_too_much_for_one_order_says_how_to_split(shop: Shop, client: Client) -> None:
    put(client, "dark-2", 20)
    put(client, "dark-1", 20)
    assert "single limit" in page(client)
    assert "限值" in page(client, "zh")


def test_buy_now_goes_straight_to_the_checkout(shop: Shop, client: Client) -> None:
    assert put(client, "dark-1", 1, next="checkout")["Location"] == "/en/checkout/"


def test_htmx_gets_a_note_and_the_new_number(shop: Shop, client: Client) -> None:
    data = {"sku": str(code_id("dark-1")), "quantity": 2, "mode": "add"}
    answer = client.post("/en/basket/put/", data, headers=HTMX)
    assert answer.status_code == 200
    assert "In your basket:" in answer.content.decode()
    assert 'hx-swap-oob="innerHTML:[data-count]">2<' in answer.content.decode()


def test_a_quantity_that_changes_is_drawn_in_its_place(shop: Shop, client: Client) -> None:
    put(client, "dark-1", 1)
    data = {"sku": str(code_id("dark-1")), "quantity": 2, "mode": "set"}
    answer = client.post("/en/basket/put/", data, headers=HTMX)
    assert (answer.status_code, answer["Location"], "HX-Redirect" in answer) == (302, "/en/basket/", False)
    leaving = client.post("/en/basket/put/", {**data, "mode": "add", "next": "checkout"}, headers=HTMX)
    assert leaving["HX-Redirect"] == "/en/checkout/"


@pytest.mark.parametrize("quantity", ["", "x", "-1", "1.5", "100", "9" * 40, "\0"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wrong_quantity_is_refused_in_the_visitors_language(
    shop: Shop, client: Client, quantity: str, language: str
) -> None:
    put(client, "dark-1", 2)
    path = "/en/basket/put/" if language == "en" else "/basket/put/"
    answer = client.post(path, {"sku": str(code_id("dark-1")), "quantity": quantity, "mode": "set"})
    assert answer.status_code == 422
    said = answer.content.decode()
    assert any(word in said for word in (("99",) if language == "en" else ("99", "最多 99 件")))
    assert 'id="count-head" data-count>2<' in page(client)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"sku": "nonsense", "quantity": 1, "mode": "add"},
        {"sku": str(new_id()), "quantity": 1, "mode": "add"},
        {"sku": str(new_id()), "quantity": 0, "mode": "add"},
        {"sku": str(new_id()), "quantity": 1, "mode": "steal"},
        {"sku": str(new_id()), "quantity": 1, "mode": "add", "next": "https://elsewhere.example/"},
    ],
)
def test_nonsense_is_refused_and_nothing_is_written(shop: Shop, client: Client, data: dict[str, object]) -> None:
    answer = client.post("/basket/put/", data)
    assert answer.status_code in {404, 422}
    assert "visitor" not in client.cookies or "购物车是空的" in page(client, "zh")


def test_nothing_of_what_there_is_not_cannot_be_added_in_place_either(shop: Shop, client: Client) -> None:
    answer = client.post("/en/basket/put/", {"sku": str(new_id()), "quantity": 0, "mode": "add"}, headers=HTMX)
    assert "from 1 to 99" in answer.content.decode()


def test_a_cookie_tampered_with_is_nobodys(shop: Shop, client: Client) -> None:
    put(client, "dark-1")
    client.cookies["visitor"] = client.cookies["visitor"].value[:-2] + "xx"
    assert "Your basket is empty" in page(client)


def test_after_log_in_the_visitors_basket_joins_the_buyers(shop: Shop) -> None:
    person = buyer()
    put(person.client, "milk-1", 1)
    guest = Client()
    put(guest, "dark-1", 2)
    person.client.cookies["visitor"] = guest.cookies["visitor"].value
    shown = page(person.client)
    assert "Dark chocolate" in shown
    assert "Milk chocolate" in shown
    assert person.client.cookies["visitor"].value == ""
    lines = baskets.lines(buyer_id=person.id, storefront_id=shop.storefront.id)
    assert {line.sku_id: line.quantity for line in lines} == {code_id("dark-1"): 2, code_id("milk-1"): 1}


def test_a_form_without_its_token_is_refused_with_a_page_that_explains(shop: Shop) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/en/basket/put/", {"sku": str(code_id("dark-1")), "quantity": 1, "mode": "add"})
    assert answer.status_code == 403
    assert "Please send the form again" in answer.content.decode()


def test_a_link_cannot_fill_the_basket(shop: Shop, client: Client) -> None:
    answer = client.get(f"/en/basket/put/?sku={code_id('dark-1')}&quantity=1&mode=add")
    assert (answer.status_code, answer["Location"]) == (302, "/en/basket/")
    assert "Your basket is empty" in page(client)


def test_a_page_that_said_no_leads_to_the_basket_in_the_other_language(shop: Shop, client: Client) -> None:
    said = client.post("/en/basket/put/", {"sku": str(code_id("dark-1")), "quantity": "", "mode": "set"})
    assert 'href="/basket/put/" lang="zh-Hans"' in said.content.decode()
    assert "购物车是空的" in client.get("/basket/put/", follow=True).content.decode()
