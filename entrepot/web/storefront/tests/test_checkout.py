"""From the basket to a placed order on one page, without JavaScript; everything that can be typed wrongly."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client

from entrepot.basket import selectors as baskets
from entrepot.checkout import services as checkout
from entrepot.identity import selectors as people
from entrepot.identity import services as identity
from entrepot.identity.tests.makers import NOW, id_number, real_name
from entrepot.identity.types import RealNameDraft
from entrepot.kit import sql
from entrepot.kit.clock import now
from entrepot.orders import selectors as orders
from entrepot.orders.types import OrderState
from entrepot.payments import services as paying
from entrepot.pricing.tests.makers import priced, promoted
from entrepot.stock import selectors as stock_read
from entrepot.stock import services as stock
from entrepot.stock.tests.makers import claimed
from entrepot.web.storefront.tests.makers import Buyer, Shop, buyer, code_id, new_buyer

pytestmark = pytest.mark.django_db
CASHIER = "http://127.0.0.1:8099/pay/cashier/1"
ADDRESS = {
    "address": "new",
    "recipient": "张小燕",
    "phone": "13800135678",
    "province_code": "330000",
    "city_code": "330100",
    "district_code": "330106",
    "detail": "文三路 90 号",
}
REAL_NAME = {
    "real_name": "new",
    "who-name": "张小燕",
    "who-id_number": id_number(),
    "who-phone": "13800135678",
    "who-consent": "on",
}


@pytest.fixture(autouse=True)
def _provider_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider's cashier, without a provider: payments has its own tests against the sandbox over HTTP."""
    monkeypatch.setattr(checkout, "open_payment", lambda **_: CASHIER)


def fill(client: Client, code: str = "dark-1", quantity: int = 1) -> None:
    client.post("/basket/put/", {"sku": str(code_id(code)), "quantity": quantity, "mode": "add"})


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def filled(client: Client, **changes: Any) -> dict[str, Any]:
    """The form as a browser would send it, with `changes`; None takes a field out."""
    page = client.get("/en/checkout/").content.decode()
    data = {"key": hidden(page, "key"), "total": hidden(page, "total"), "notice": "on", "provider": "sandbox"}
    data |= {
        name: value
        for name in ("address", "real_name")
        if (value := next(iter(re.findall(rf'name="{name}" value="([^"]*)" checked', page)), None))
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def send(client: Client, data: dict[str, Any], path: str = "/en/checkout/") -> HttpResponse:
    return client.post(path, data)


def placed(person_id: Any) -> list[Any]:
    return orders.of_buyer(buyer_id=person_id)


def test_what_is_on_record_is_offered_masked_and_orders_with_one_press(shop: Shop) -> None:
    who = buyer()
    fill(who.client)
    page = who.client.get("/en/checkout/").content.decode()
    assert "张*" in page
    assert "张小燕" not in page
    assert id_number() not in page
    answer = send(who.client, filled(who.client))
    assert (answer.status_code, answer["Location"]) == (302, CASHIER)
    (order,) = placed(who.id)
    assert order.state is OrderState.PLACED
    assert "Your basket is empty" in who.client.get("/en/basket/").content.decode()


def test_a_first_order_with_a_new_address_and_a_new_name(shop: Shop) -> None:
    client, person_id = new_buyer()
    fill(client)
    answer = send(client, filled(client, **ADDRESS, **REAL_NAME))
    assert answer.status_code == 302, answer.content.decode()
    assert len(placed(person_id)) == 1
    assert people.masked_addresses(buyer_id=person_id)[0].recipient.startswith("张")


def test_whose_year_is_used_up_orders_in_somebody_elses_name_on_the_same_page(shop: Shop) -> None:
    who = buyer()
    fill(who.client)
    send(who.client, filled(who.client))
    sql.run("UPDATE orders_annualuse SET used_minor = 2598765")
    other = real_name(who.id, name="李小龙", number=id_number(sequence=7))
    fill(who.client)
    data = filled(who.client, real_name=str(who.real_name_id))
    refused = send(who.client, data)
    assert (refused.status_code, len(placed(who.id))) == (422, 1)
    page = refused.content.decode()
    assert "annual limit" in page
    assert "25987.65" not in page  # what somebody else ordered under that number is not told
    assert "disabled" not in page.rpartition("Order and pay")[0].rpartition("<button")[2]
    choice = page.partition(f'value="{other}"')[2].partition(">")[0]
    assert "hx-post" in choice  # what is to be paid depends on whose name is chosen
    data |= {"real_name": str(other)}
    anew = send(who.client, data | {"reload": "real_name"}).content.decode()
    assert "annual limit" not in anew
    assert send(who.client, data | {"total": hidden(anew, "total")})["Location"] == CASHIER
    assert len(placed(who.id)) == 2


@pytest.mark.parametrize("code", ["", "gone-1"])
def test_a_form_drawn_anew_leads_to_the_basket_when_there_is_nothing_to_order(shop: Shop, code: str) -> None:
    client = buyer().client
    if code:
        fill(client, code)
    answer = client.post("/en/checkout/", {"reload": "delivery"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers.get("HX-Redirect")) == (200, "/en/basket/")
    assert client.post("/en/checkout/", {"reload": "delivery"})["Location"] == "/en/basket/"


def test_pressing_twice_orders_once(shop: Shop) -> None:
    who = buyer()
    fill(who.client)
    data = filled(who.client)
    first, second = send(who.client, data), send(who.client, data)
    assert first.status_code == second.status_code == 302
    assert second["Location"] == CASHIER
    assert len(placed(who.id)) == 1


def test_pressing_twice_with_a_new_address_orders_once_and_leads_to_the_cashier_twice(shop: Shop) -> None:
    client, person_id = new_buyer()
    fill(client)
    data = filled(client, **ADDRESS, **REAL_NAME)
    assert [send(client, data)["Location"] for _ in range(2)] == [CASHIER] * 2
    assert len(placed(person_id)) == len(people.masked_addresses(buyer_id=person_id)) == 1


def test_a_new_address_is_kept_once_however_often_its_order_is_refused(shop: Shop) -> None:
    client, person_id = new_buyer()
    fill(client)
    data = filled(client, **ADDRESS, **REAL_NAME)
    for _ in range(3):
        assert send(client, data | {"total": "1"}).status_code == 422
    assert len(people.masked_addresses(buyer_id=person_id)) == 1
    send(client, data | {"recipient": "李四"})
    assert len(people.masked_addresses(buyer_id=person_id)) == 2


def test_an_old_page_with_other_content_does_not_order_again(shop: Shop) -> None:
    who = buyer()
    fill(who.client)
    data = filled(who.client)
    send(who.client, data)
    fill(who.client, "milk-1")
    answer = send(who.client, data | {"total": "1"})
    assert answer.status_code == 302
    assert answer["Location"] == "/en/orders/"
    assert len(placed(who.id)) == 1


WRONG = [
    ({"notice": None}, "请先阅读并勾选同意", "Please read the notice"),
    ({"provider": "cash"}, "cash", "cash"),
    ({"provider": None}, "请选择支付方式", "Choose how you want to pay"),
    ({"address": None}, "请选择收货地址", "Choose where the parcel should go"),
    ({"real_name": None}, "请选择订购人的实名信息", "Choose in whose name"),
    ({"key": "x"}, "请刷新页面后重试", "Please load the page again"),
    (ADDRESS | {"recipient": ""}, "必填", "required"),
    (ADDRESS | {"phone": "12"}, "请填写正确的中国内地手机或座机号码", "Enter a valid phone number in mainland China"),
    (ADDRESS | {"phone": "+1 212 555 0100"}, "中国内地", "mainland China"),
    (ADDRESS | {"district_code": "110105"}, "110105", "110105"),
    (ADDRESS | {"province_code": "810000", "city_code": "", "district_code": ""}, "必填", "required"),
    (ADDRESS | {"detail": "x" * 500}, "字符", "characters"),
    (REAL_NAME | {"who-id_number": "110105199001070000"}, "身份证号码有误", "This is not a valid resident ID number"),
    (REAL_NAME | {"who-id_number": "\0" * 18}, "", ""),
    (REAL_NAME | {"who-name": "<script>"}, "请填写与身份证一致的真实姓名", "Enter the name exactly as on the ID card"),
    (REAL_NAME | {"who-consent": None}, "请阅读并勾选同意", "Please agree"),
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("changes", "chinese", "english"), WRONG)
def test_wrong_input_is_said_at_its_field_and_nothing_is_written(
    shop: Shop, changes: dict[str, Any], chinese: str, english: str, language: str
) -> None:
    who = buyer()
    fill(who.client)
    path = "/checkout/" if language == "zh" else "/en/checkout/"
    answer = send(who.client, filled(who.client, **changes), path)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert (chinese if language == "zh" else english) in said
    assert 'class="error"' in said
    assert "<script>" not in said
    assert placed(who.id) == []
    assert len(people.masked_addresses(buyer_id=who.id)) == 1
    assert len(people.masked_real_names(buyer_id=who.id)) == 1


def test_who_has_used_a_promotion_up_is_told_and_pays_without_it(shop: Shop) -> None:
    promoted(5_000, 1_000, per_person=1, now=now())
    who, same, visitor = buyer(), buyer(), Client()  # both buyers are on record under one name
    for one in (who.client, visitor):
        fill(one)
        assert "<dt>Spend and save</dt>" in one.get("/en/basket/").content.decode()
    send(who.client, filled(who.client))
    for one in (who.client, same.client):
        fill(one)
    told, in_chinese = "not taken off: you have had it as often as one person may", "每人限享的次数已用完，本次未减"
    for path, said in (("/en/basket/", told), ("/basket/", in_chinese), ("/en/checkout/", told)):
        page = who.client.get(path).content.decode()
        assert said in page and "<dt>Spend and save</dt>" not in page and "<dt>满减</dt>" not in page, path
    assert told in same.client.get("/en/checkout/").content.decode()  # by the name that is chosen
    for path, one in (("/en/basket/", same.client), ("/en/basket/", visitor)):
        page = one.get(path).content.decode()
        assert told not in page and "<dt>Spend and save</dt>" in page
    for one in (who, same):
        assert send(one.client, filled(one.client))["Location"] == CASHIER
    assert [order.parcels[0].discount_minor for one in (who, same) for order in placed(one.id)] == [0, 1_000, 0]


def test_somebody_elses_address_is_no_choice(shop: Shop) -> None:
    who, other = buyer(), buyer()
    fill(who.client)
    answer = send(who.client, filled(who.client, address=str(other.address_id)))
    assert answer.status_code == 422
    assert placed(who.id) == []


def test_another_total_than_shown_is_not_charged(shop: Shop) -> None:
    who = buyer()
    fill(who.client)
    answer = send(who.client, filled(who.client, total="1"))
    assert answer.status_code == 422
    assert "The total has changed" in answer.content.decode()
    assert placed(who.id) == []


def test_what_sold_out_meanwhile_leads_back_to_the_basket(shop: Shop) -> None:
    who, quicker = buyer(), buyer()
    for one in (who, quicker):
        fill(one.client, "cream-1", 3)
    data = filled(who.client)
    send(quicker.client, filled(quicker.client))
    answer = send(who.client, data)
    assert answer["Location"] == "/en/basket/"
    assert "Sold out" in who.client.get("/en/basket/").content.decode()
    assert placed(who.id) == []


SHORT = [
    ("/en", "2 of 3 in stock", "Order what is there", "2 of 3 ordered: no more in stock", "Not ordered: sold out"),
    ("", "想购 3 件，现有 2 件", "购买有货的部分", "仅下单 2 件（想购 3 件）：库存不足", "未下单：已售罄"),
]


@pytest.mark.parametrize(("root", "there", "offer", "lessened", "gone"), SHORT, ids=["en", "zh"])
def test_what_is_there_can_be_ordered_and_what_was_left_out_is_told(
    shop: Shop, root: str, there: str, offer: str, lessened: str, gone: str
) -> None:
    who = buyer()
    for code, quantity in (("dark-1", 1), ("cream-1", 3), ("gone-1", 1)):
        fill(who.client, code, quantity)
    claimed(code_id("cream-1"), cream_warehouse(), 1)
    basket = who.client.get(f"{root}/basket/").content.decode()
    assert offer in basket
    page = who.client.get(f"{root}/checkout/").content.decode()
    assert there in page
    assert page.count('<li class="line short">') == 4  # two that are short, and two that can be had
    data = filled(who.client)
    refused = send(who.client, data, f"{root}/checkout/")
    assert refused.status_code == 422
    said = refused.content.decode()
    assert 'aria-describedby="partial-say"' in said
    assert hidden(said, "key") == data["key"]
    assert hidden(said, "total") == data["total"]
    assert placed(who.id) == []
    answer = send(who.client, data | {"partial": "on"}, f"{root}/checkout/")
    assert (answer.status_code, answer["Location"]) == (302, CASHIER)
    (order,) = placed(who.id)
    assert str(order.total_minor) == data["total"]
    assert {line.sku_code: line.quantity for parcel in order.parcels for line in parcel.lines} == {
        "dark-1": 1,
        "cream-1": 2,
    }
    told = who.client.get(f"{root}/orders/{order.number}/").content.decode()
    assert lessened in told
    assert gone in told
    rest = baskets.lines(buyer_id=who.id, storefront_id=shop.storefront.id)
    assert {line.sku_id: line.quantity for line in rest} == {code_id("cream-1"): 1, code_id("gone-1"): 1}
    again = send(who.client, data | {"partial": "on"}, f"{root}/checkout/")
    assert again["Location"] == CASHIER
    assert len(placed(who.id)) == 1


def test_what_becomes_short_while_the_page_is_open_is_offered_before_it_is_ordered(shop: Shop) -> None:
    who = buyer()
    fill(who.client, "cream-1", 3)
    data = filled(who.client)
    claimed(code_id("cream-1"), cream_warehouse(), 1)
    page = send(who.client, data).content.decode()
    assert "2 of 3 in stock" in page
    assert "Only 2 left" in page
    assert placed(who.id) == []
    lower = hidden(page, "total")
    assert int(lower) < int(data["total"])
    claimed(code_id("cream-1"), cream_warehouse(), 1)  # and again: less, and cheaper than what was agreed to
    assert send(who.client, data | {"total": lower, "partial": "on"}).status_code == 302
    (order,) = placed(who.id)
    assert order.parcels[0].lines[0].quantity == 1
    assert order.total_minor < int(lower)


def test_what_is_there_again_is_not_charged_without_asking(shop: Shop) -> None:
    who = buyer()
    fill(who.client, "cream-1", 3)
    reference, _ = claimed(code_id("cream-1"), cream_warehouse(), 1)
    data = filled(who.client)
    stock.release(reference=reference, sku_ids=[code_id("cream-1")], now=now())
    answer = send(who.client, data | {"partial": "on"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The total has changed" in page
    assert 'name="partial"' not in page
    assert placed(who.id) == []
    assert send(who.client, data | {"total": hidden(page, "total")}).status_code == 302


def test_what_is_there_but_above_a_limit_leads_to_the_basket_and_says_why(shop: Shop) -> None:
    who = buyer()
    fill(who.client, "dark-2", 25)  # 20 are there, which customs would not clear together
    priced({code_id("dark-2"): 40_000})
    assert who.client.get("/en/checkout/")["Location"] == "/en/basket/"
    assert "above the single limit" in who.client.get("/en/basket/").content.decode()


def test_without_javascript_the_choice_outlives_the_reloading_of_the_lists(shop: Shop) -> None:
    who = buyer()
    fill(who.client, "dark-1")
    fill(who.client, "gone-1")
    data = filled(who.client, **ADDRESS | {"reload": "divisions", "partial": "on"})
    page = send(who.client, data).content.decode()
    assert re.search(r'name="partial" id="partial" checked', page)


def cream_warehouse() -> UUID:
    return next(iter(stock_read.available(sku_ids=[code_id("cream-1")]).values()))[0].warehouse_id


def test_without_javascript_the_lists_are_reloaded_with_a_button(shop: Shop) -> None:
    client, _ = new_buyer()
    fill(client)
    answer = send(client, filled(client, **ADDRESS | {"city_code": "", "district_code": "", "reload": "divisions"}))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert '<option value="330100">' in page
    assert 'value="张小燕"' in page
    assert 'class="error"' not in page


def test_an_empty_basket_has_no_checkout(shop: Shop) -> None:
    assert buyer().client.get("/en/checkout/")["Location"] == "/en/basket/"


def test_visitors_log_in_first_and_come_back(shop: Shop, client: Client) -> None:
    assert client.get("/en/checkout/")["Location"] == "/en/accounts/login/?next=%2Fen%2Fcheckout%2F"


def test_a_provider_that_does_not_answer_leaves_an_order_to_pay(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(**_: Any) -> str:
        raise paying.ProviderSilent

    monkeypatch.setattr(checkout, "open_payment", silent)
    who: Buyer = buyer()
    fill(who.client)
    answer = send(who.client, filled(who.client))
    (order,) = placed(who.id)
    assert answer["Location"] == f"/en/orders/{order.number}/"
    assert "Pay ¥" in who.client.get(answer["Location"]).content.decode()


def test_whoever_is_above_the_yearly_limit_may_let_family_buy_on_the_same_page(shop: Shop) -> None:
    who = buyer()
    draft = RealNameDraft("李建国", id_number(sequence=7), "13800135678", consent=True)
    family = identity.record_real_name(buyer_id=who.id, draft=draft, now=NOW - timedelta(days=1))
    priced({code_id("dark-1"): 500_000})
    for _ in range(5):
        fill(who.client)
        assert send(who.client, filled(who.client)).status_code == 302
    fill(who.client)
    page = who.client.get("/en/checkout/").content.decode()
    assert "let family members buy for themselves" in page
    assert f'value="{who.real_name_id}" checked' in page
    (button,) = re.findall(r'<button class="button wide"[^>]*>', page)
    assert "disabled" not in button
    chosen = filled(who.client, real_name=str(family))
    with_tax = send(who.client, chosen).content.decode()
    assert "The total has changed" in with_tax
    assert send(who.client, {**chosen, "total": hidden(with_tax, "total")}).status_code == 302
    assert len(placed(who.id)) == 6
