"""Each operation does what its name says, for its caller only, in both languages, once per key, within its statements.

What is answered conforms to the document: nothing else checks that on the way out.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entrepot.basket import selectors as baskets
from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue import services as catalogue_verbs
from entrepot.catalogue.tests.makers import make_classified, make_product
from entrepot.checkout import services as checkout
from entrepot.checkout.tests.makers import Shopper, World, bought, pay, second_shop, shopper, world
from entrepot.identity import selectors as identity
from entrepot.identity.tests import makers as people
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.pricing.tests.makers import priced, promoted
from entrepot.shelf.tests.makers import opened_shop
from entrepot.stock import selectors as stock
from entrepot.stock import services as stock_verbs
from entrepot.stock.tests.makers import claimed
from entrepot.stock.types import WarehouseKind
from entrepot.web.rest.examples import REQUESTS, RESPONSES
from entrepot.web.rest.tests.document import document, faults
from entrepot.web.rest.tests.makers import Caller, filled_shelf, refused
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.django_db
WAREHOUSES = (WarehouseKind.BONDED, WarehouseKind.OVERSEAS)
warm_max, product_max = 4, 8  # statements


def told(answer: Any, method: str, path: str, status: int = 200) -> Any:
    """The content of a good answer, held against the document."""
    assert answer.status_code == status, answer.content
    schema = document()["paths"][f"/api/v1{path}"][method]["responses"][str(status)]["content"]["application/json"]
    body = answer.json()
    assert faults(body, schema["schema"]) == []
    return body


def statements(ask: Any) -> int:
    with CaptureQueriesContext(connection) as heard:
        assert ask().status_code == 200
    return len(heard)


# Looking around: nobody in particular


def test_looking_around_in_both_languages() -> None:
    filled_shelf()
    for language, title, brand, shop in (
        ("en", "Dark", "Lindt", "Koala Lane"),
        ("zh-CN", "黑巧", "瑞士莲", "考拉小巷"),
    ):
        nobody = Caller(language=language)
        home = told(nobody.get("/home"), "get", "/home")
        assert home["storefront"] == shop and len(home["new"]) == 3 and len(home["categories"]) == 3
        assert told(nobody.get("/categories"), "get", "/categories") == home["categories"]
        listed = told(nobody.get("/products?category=chocolate&brand=lindt&sort=price_up"), "get", "/products")
        assert listed["total"] == 3 and title in listed["items"][0]["title"] and listed["items"][0]["brand"] == brand
        found = told(nobody.get("/search?q=chocolate"), "get", "/search")
        assert found["total"] == 3
        product = told(nobody.get("/products/bar-0"), "get", "/products/{slug}")
        assert title in product["title"] and product["skus"][0]["available"] is True
        assert nobody.get("/home").headers["Content-Language"] == ("en" if language == "en" else "zh-hans")


def test_what_is_not_there() -> None:
    opened_shop()
    nobody = Caller()
    refused(nobody.get("/products/nothing"), 404, "not_found")
    refused(nobody.get("/products?category=nothing"), 404, "no_such_category", "category")
    refused(nobody.get("/products?page=9"), 404, "no_such_page", "page")
    assert told(nobody.get("/search?q=nothing"), "get", "/search")["total"] == 0


def test_looking_around_takes_few_statements() -> None:
    filled_shelf()
    nobody = Caller()
    for path in ("/home", "/categories", "/products?category=chocolate", "/search?q=chocolate"):
        nobody.get(path)
        assert statements(lambda path=path: nobody.get(path)) <= warm_max, path
    nobody.get("/products/bar-1")
    assert statements(lambda: nobody.get("/products/bar-0")) <= product_max
    assert statements(lambda: nobody.get("/products/bar-0")) == 0


# Prices, taxes and what stands in the way


def test_a_product_and_a_quote_of_one_unit_agree() -> None:
    place = world({"coat": 40_000, "ring": 600_000, "gift": 5_000}, kinds=WAREHOUSES)
    make_product("plain")  # neither priced nor classified
    gone = make_product("gone").skus[0].id  # priced and classified, in no warehouse
    make_classified([gone])
    priced({gone: 10_000})
    nobody = Caller()
    for name in (*place.skus, "plain", "gone"):
        [sku] = told(nobody.get(f"/products/{name}"), "get", "/products/{slug}")["skus"]
        answer = nobody.post("/quotes", {"lines": [{"sku": sku["code"], "quantity": 1}]})
        quote = told(answer, "post", "/quotes")
        parcels = quote["parcels"]
        if name == "coat":  # as the example has it
            assert parcels[0]["decision"] == RESPONSES["quote"]["parcels"][0]["decision"]
        lines = [line for parcel in parcels for line in parcel["lines"]] + quote["unplaced"]
        hurdles = [one["code"] for holder in (*parcels, *lines) for one in holder["obstacles"]]
        assert sorted(sku["obstacles"]) == sorted(hurdles), name
        assert sku["available"] is quote["can_be_placed"], name
        if sku["price"] is not None:
            assert (sku["price"], sku["tax"]) == (lines[0]["unit_price"], lines[0]["tax"]), name
    assert sku["obstacles"] == ["out_of_stock"]


def test_quotes_refuse_what_they_do_not_know() -> None:
    world()
    refused(Caller().post("/quotes", {"lines": [{"sku": "ghost", "quantity": 1}]}), 404, "no_such_sku", "lines.0.sku")
    over = [{"sku": "coat-M", "quantity": 60}, {"sku": "coat-M", "quantity": 60}]
    refused(Caller().post("/quotes", {"lines": over}), 422, "quantity_invalid", "quantity")
    answer = Caller().post("/landed-cost/quotes", REQUESTS["quote_landed_cost"])
    assert told(answer, "post", "/landed-cost/quotes")
    refused(Caller().post("/landed-cost/quotes", {"lines": []}), 422, "bad_quote_request", "destination")


# Buying


@pytest.fixture
def place() -> World:
    return world({"coat": 40_000, "hat": 9_000})


@pytest.fixture
def buyer() -> Shopper:
    return shopper()


def order_of(who: Shopper, **more: Any) -> dict[str, Any]:
    lines = [{"sku": "coat-M", "quantity": 1}]
    papers = {"address_id": str(who.address_id), "real_name_id": str(who.real_name_id)}
    return {"lines": lines, "notice_accepted": True, **papers, **more}


def units_left(place: World) -> int:
    return sum(one.quantity for one in stock.available(sku_ids=[place.skus["coat"]]).get(place.skus["coat"], []))


def test_a_basket_is_kept_and_quoted(place: World, buyer: Shopper) -> None:
    me = Caller(buyer.buyer_id)
    assert told(me.get("/basket"), "get", "/basket") == {"lines": [], "quote": None}
    key = {"Idempotency-Key": "the-same-key"}
    put = told(me.put("/basket/lines/coat-M", {"quantity": 2}, **key), "put", "/basket/lines/{sku}")
    assert put["lines"] == [{"sku": "coat-M", "quantity": 2}] and put["quote"]["can_be_placed"]
    again = me.put("/basket/lines/coat-M", {"quantity": 2}, **key)
    assert again.json() == put and again.headers["Idempotency-Replayed"] == "true"
    refused(me.put("/basket/lines/coat-M", {"quantity": 3}, **key), 422, "idempotency_key_reused", "Idempotency-Key")
    no_key = me.put("/basket/lines/coat-M", {"quantity": 3}, **{"Idempotency-Key": ""})
    refused(no_key, 400, "idempotency_key_missing", "Idempotency-Key")
    refused(me.put("/basket/lines/ghost", {"quantity": 3}), 404, "no_such_sku", "sku")
    [line] = baskets.lines(buyer_id=buyer.buyer_id, storefront_id=place.shop.id)
    assert line.quantity == 2
    assert told(me.put("/basket/lines/coat-M", {"quantity": 0}), "put", "/basket/lines/{sku}")["lines"] == []


def test_an_article_that_is_sold_no_more_is_told_by_the_name_it_has_in_the_request(
    place: World, buyer: Shopper
) -> None:
    article = catalogue.sku_by_code(codes=["coat-M"])["coat-M"]
    catalogue_verbs.switch(product_ids=[article.product_id], active=False, now=now())
    refused(Caller(buyer.buyer_id).put("/basket/lines/coat-M", {"quantity": 3}), 404, "not_found", "sku")


def test_an_article_whose_code_has_a_slash_is_put_like_any_other(place: World, buyer: Shopper) -> None:
    product = make_product("sock", sizes=("M/L",))
    for path in ("sock-M%2FL", "sock-M/L"):
        put = told(Caller(buyer.buyer_id).put(f"/basket/lines/{path}", {"quantity": 1}), "put", "/basket/lines/{sku}")
        assert put["lines"] == [{"sku": product.skus[0].code, "quantity": 1}]


def test_who_puts_several_lines_need_not_be_told_the_basket_each_time(place: World, buyer: Shopper) -> None:
    me = Caller(buyer.buyer_id)
    asked = {"Prefer": "return=minimal", "Idempotency-Key": "one-of-several"}
    for replayed in (False, True):
        put = me.put("/basket/lines/coat-M", {"quantity": 2}, **asked)
        assert (put.status_code, put.content, put.headers["Preference-Applied"]) == (204, b"", "return=minimal")
        assert ("Idempotency-Replayed" in put.headers) is replayed
    [line] = baskets.lines(buyer_id=buyer.buyer_id, storefront_id=place.shop.id)
    assert line.quantity == 2


def test_a_key_of_one_shop_is_not_answered_at_another(place: World, buyer: Shopper, settings: Any) -> None:
    other = second_shop(place, {"coat": 50_000})
    settings.ALLOWED_HOSTS = ["testserver", "harbour.example"]
    me, there = Caller(buyer.buyer_id), {"Host": "harbour.example"}
    key = {"Idempotency-Key": "the-same-key"}
    me.put("/basket/lines/coat-M", {"quantity": 2}, **key)
    again = me.put("/basket/lines/coat-M", {"quantity": 2}, **key, **there)
    refused(again, 422, "idempotency_key_reused", "Idempotency-Key")
    put = told(me.put("/basket/lines/coat-M", {"quantity": 2}, **there), "put", "/basket/lines/{sku}")
    assert put["quote"]["goods"] == "1000.00"
    [line] = baskets.lines(buyer_id=buyer.buyer_id, storefront_id=other.shop.id)
    assert line.quantity == 2


def test_an_order_is_placed_once_and_only_its_buyer_sees_it(place: World, buyer: Shopper) -> None:
    me, other = Caller(buyer.buyer_id), Caller(people.buyer())
    key = {"Idempotency-Key": "the-same-key"}
    placed = told(me.post("/orders", order_of(buyer), **key), "post", "/orders", 201)
    again = me.post("/orders", order_of(buyer), **key)
    assert again.status_code == 201 and again.json() == placed and again.headers["Idempotency-Replayed"] == "true"
    assert units_left(place) == 9
    changed = order_of(buyer, lines=[{"sku": "hat-M", "quantity": 1}])
    refused(me.post("/orders", changed, **key), 422, "idempotency_key_reused", "Idempotency-Key")
    path = f"/orders/{placed['number']}"
    mine = told(me.get(path), "get", "/orders/{number}")
    assert mine["number"] == placed["number"] and "13800135678" not in str(mine) and "张小燕" not in str(mine)
    assert mine.pop("payment") == {
        "state": "pending", "currency": "CNY", "amount": mine["total"], "captured": "0.00", "refunding": "0.00",
        "refunded": "0.00", "steps": [],
    }  # fmt: skip
    assert told(me.get("/orders"), "get", "/orders")["items"] == [mine]
    assert told(other.get("/orders"), "get", "/orders")["total"] == 0
    refused(other.get(path), 404, "not_found")
    refused(other.post(f"{path}/payment"), 404, "not_found")
    refused(Caller().get(path), 401, "must_log_in")


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "满减"), ("en", "Spend and save")])
def test_a_promotion_that_the_caller_has_used_up_is_told_and_left_out(
    place: World, buyer: Shopper, language: str, title: str
) -> None:
    promoted(30_000, 4_000, per_person=1, now=now(), code="once")
    me, asked = Caller(buyer.buyer_id, language), {"lines": [{"sku": "coat-M", "quantity": 1}]}
    before = told(me.post("/quotes", asked), "post", "/quotes")
    assert (before["promotion"], before["used_up"]) == ({"code": "once", "title": title, "amount": "40.00"}, [])
    told(me.post("/orders", order_of(buyer, expected_total=before["total"])), "post", "/orders", 201)
    after = told(me.post("/quotes", asked), "post", "/quotes")
    assert (after["promotion"], after["used_up"]) == (None, [{"code": "once", "title": title}])
    assert told(Caller(language=language).post("/quotes", asked), "post", "/quotes") == before
    basket = me.put("/basket/lines/coat-M", {"quantity": 1})
    assert told(basket, "put", "/basket/lines/{sku}")["quote"] == after
    refused(
        me.post("/orders", order_of(buyer, expected_total=before["total"])),
        409,
        "price_changed",
        "expected_total",
    )
    told(me.post("/orders", order_of(buyer, expected_total=after["total"])), "post", "/orders", 201)


@pytest.mark.parametrize(("language", "title", "said"), [("zh-hans", "羽绒服", "已售罄"), ("en", "jacket", "sold out")])
def test_of_a_partial_order_it_is_told_what_was_left_out(
    place: World, buyer: Shopper, language: str, title: str, said: str
) -> None:
    me = Caller(buyer.buyer_id, language)
    claimed(place.skus["hat"], place.bonded, 10)
    for name in ("coat", "hat"):
        me.put(f"/basket/lines/{name}-M", {"quantity": 1})
    wanted = order_of(buyer, lines=None, partial=True)
    placed = told(me.post("/orders", wanted), "post", "/orders", 201)
    assert [(line["sku"], line["wished"], line["placed"]) for line in placed["lines"]] == [
        ("coat-M", 1, 1),
        ("hat-M", 1, 0),
    ]
    mine = told(me.get(f"/orders/{placed['number']}"), "get", "/orders/{number}")
    assert mine["left_out"] == [placed["lines"][1]]
    assert title in mine["left_out"][0]["title"] and said in mine["left_out"][0]["message"]
    assert [line["sku"] for parcel in mine["parcels"] for line in parcel["lines"]] == ["coat-M"]
    assert told(me.get("/basket"), "get", "/basket")["lines"] == [{"sku": "hat-M", "quantity": 1}]
    usual = told(me.post("/orders", order_of(buyer)), "post", "/orders", 201)
    assert told(me.get(f"/orders/{usual['number']}"), "get", "/orders/{number}")["left_out"] == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_orders_that_are_refused_write_nothing(place: World, buyer: Shopper, language: str) -> None:
    me, stranger = Caller(buyer.buyer_id, language), str(new_id())
    wrong: list[tuple[dict[str, Any], int, str]] = [
        (order_of(buyer, notice_accepted=False), 422, "notice_not_accepted"),
        (order_of(buyer, expected_total="1.00"), 409, "price_changed"),
        (order_of(buyer, lines=[{"sku": "coat-M", "quantity": 11}]), 409, "out_of_stock"),
        (order_of(buyer, address_id=stranger), 404, "not_found"),
        (order_of(buyer, real_name_id=stranger), 404, "not_found"),
    ]
    for body, status, code in wrong:
        answer = me.post("/orders", body)
        title = refused(answer, answer.status_code, answer.json()["code"], answer.json()["field"])["title"]
        assert title.isascii() == (language == "en")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["field"] in body  # by the name the caller gave it
    assert units_left(place) == 10
    assert orders.count_of_buyer(buyer_id=buyer.buyer_id) == 0


def test_paying_leads_back_to_the_shop_that_was_called(
    place: World, buyer: Shopper, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_shop(place, {"coat": 50_000})
    settings.ALLOWED_HOSTS = ["testserver", "harbour.example"]
    me, there, asked = Caller(buyer.buyer_id), {"Host": "harbour.example"}, list[dict[str, Any]]()
    placed = told(me.post("/orders", order_of(buyer), **there), "post", "/orders", 201)
    number = placed["number"]
    assert placed["pay_at"] == f"http://harbour.example/api/v1/orders/{number}/payment"
    monkeypatch.setattr(checkout, "open_payment", lambda **wish: asked.append(wish) or "https://bank.example/")
    me.post(f"/orders/{number}/payment", **there)
    assert asked[0]["return_url"] == f"http://harbour.example/en/orders/{number}/paid/"
    assert asked[0]["notify_url"].startswith(settings.PUBLIC_URL)


def test_paying_leads_to_the_provider_and_again_to_the_same_payment(
    place: World,
    buyer: Shopper,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    me = Caller(buyer.buyer_id)
    number = told(me.post("/orders", order_of(buyer)), "post", "/orders", 201)["number"]
    first = told(me.post(f"/orders/{number}/payment"), "post", "/orders/{number}/payment")
    assert first["redirect"].startswith(sandbox.url)
    assert me.post(f"/orders/{number}/payment").json() == first


def test_opening_a_payment_goes_by_the_order_and_not_by_the_key_and_says_so(
    place: World,
    buyer: Shopper,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    me, key = Caller(buyer.buyer_id), {"Idempotency-Key": "one-key-for-two"}
    numbers = [told(me.post("/orders", order_of(buyer)), "post", "/orders", 201)["number"] for _ in range(2)]
    opened = [me.post(f"/orders/{number}/payment", **key) for number in numbers]
    assert [one.status_code for one in opened] == [200, 200] and opened[0].json() != opened[1].json()
    parameters = document()["paths"]["/api/v1/orders/{number}/payment"]["post"]["parameters"]
    (said,) = [one["description"] for one in parameters if one["name"] == "Idempotency-Key"]
    assert "Where a payment is opened, whatever the key" in said


@pytest.mark.parametrize(
    ("goods_left", "note", "zh"),
    [(True, "late_payment", "订单已恢复"), (False, "late_payment_refunded", "货品已售罄")],
)
def test_what_became_of_a_late_payment_is_told_in_the_callers_language(
    place: World, buyer: Shopper, goods_left: bool, note: str, zh: str
) -> None:
    placed = bought(place, buyer, {"coat": 1}, now())
    wish = {"order_id": placed.order_id, "buyer_id": buyer.buyer_id}
    assert order_verbs.cancel(**wish, reason="unpaid", now=now())
    stock_verbs.release(reference=placed.order_id, sku_ids=[place.skus["coat"]], now=now())
    if not goods_left:
        claimed(place.skus["coat"], place.bonded, units_left(place))
    pay(placed, buyer.buyer_id, now())
    for language, text in (("zh-hans", zh), ("en", "The payment came after the order had expired")):
        mine = told(Caller(buyer.buyer_id, language).get(f"/orders/{placed.number}"), "get", "/orders/{number}")
        assert mine["timeline"][-1]["note"] == note and text in mine["timeline"][-1]["text"]
        assert (mine["payment"]["state"], mine["payment"]["captured"]) == ("captured", mine["total"])
        assert [one["step"] for one in mine["payment"]["steps"]] == ["capture_pending", "capture_succeeded"]


# Papers


def test_addresses_and_real_names_are_kept_once_and_read_masked() -> None:
    person = people.buyer()
    me, other = Caller(person), Caller(people.buyer())
    for path, operation in (("/addresses", "add_address"), ("/real-names", "add_real_name")):
        body, key = REQUESTS[operation], {"Idempotency-Key": "the-same-key-" + operation}
        made = told(me.post(path, body, **key), "post", path, 201)
        assert me.post(path, body, **key).json() == made
        refused(
            me.post(path, {**body, "phone": "13900001111"}, **key), 422, "idempotency_key_reused", "Idempotency-Key"
        )
        assert told(me.get(path), "get", path) == [made]
        assert not {"13800135678", "张小燕", "110105199001070013"} & set(map(str, made.values()))
        assert told(other.get(path), "get", path) == []
        refused(Caller().get(path), 401, "must_log_in")
        refused(Caller().post(path, body), 401, "must_log_in")
    bad = me.post("/real-names", {**REQUESTS["add_real_name"], "id_number": "110105199001070010"})
    assert (bad.status_code, bad.json()["field"]) == (422, "id_number")
    abroad = me.post("/addresses", {**REQUESTS["add_address"], "province_code": "999999"})
    assert abroad.status_code == 422 and abroad.json()["field"] == "province_code"
    assert len(identity.masked_addresses(buyer_id=person)) == len(identity.masked_real_names(buyer_id=person)) == 1


def test_keys_are_checked() -> None:
    nobody = Caller()
    for header in ("Bearer nothing", "Basic Zm9vOmJhcg==", "Bearer", "Bearer \xff", "x" * 5000):
        refused(nobody.get("/home", Authorization=header), 401, "bad_key")
        refused(nobody.get("/orders", Authorization=header), 401, "bad_key")
