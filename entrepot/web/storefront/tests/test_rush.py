"""Pages of flash sales: what they show in each state and language, the line, the pass, and what they cost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from entrepot.basket import selectors as baskets
from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue import services as goods
from entrepot.checkout import services as checkout
from entrepot.checkout.services import door
from entrepot.kit import clock
from entrepot.kit.kept import forget_all
from entrepot.kit.tests.clocks import Clock
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as sales
from entrepot.pricing.tests.makers import a_take, koala_list, on_sale
from entrepot.pricing.types import PriceDraft, Sale, SaleDraft, SaleItemDraft
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import claimed
from entrepot.web.common.formats import moment
from entrepot.web.storefront import shell
from entrepot.web.storefront.tests.makers import Buyer, Shop, buyer, code_id
from entrepot.web.storefront.views import rush

pytestmark = pytest.mark.django_db
RATE = 10
CASHIER = "http://127.0.0.1:8099/pay/cashier/1"


@pytest.fixture(autouse=True)
def _numbers_from_one(clock: Clock) -> None:
    door._numbers.reset()


def running(began_s: int = 600, **more: Any) -> Sale:
    at = clock.now() - timedelta(seconds=began_s)
    made = on_sale([code_id("dark-1"), code_id("milk-1")], price_minor=5_000, now=at, code="rush", **more)
    forget_all()
    return made


def coming() -> Sale:
    at = clock.now()
    items = (SaleItemDraft(code_id("dark-1"), 5_000, 7, 1),)
    window = (at + timedelta(hours=1), at + timedelta(hours=2))
    draft = SaleDraft(koala_list(), "rush", {"zh-hans": "晚八点", "en": "Eight sharp"}, *window, RATE, items)
    found = pricing.sale(sale_id=sales.plan_sale(draft=draft, actor="tests", now=at))
    assert found is not None
    return found


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return str(answer.content.decode())


def test_a_running_sale_in_both_languages(shop: Shop, client: Client) -> None:
    running(units=8, limit=3)
    chinese, english = text(client, "/sales/rush/"), text(client, "/en/sales/rush/")
    assert "双十一抢购" in chinese and "抢购中" in chinese and "每人限购 3 件" in chinese
    assert "剩 <b data-left>8</b> 件，共 8 件" in chinese
    assert "Rush" in english and "<b data-left>8</b> of 8 left" in english and "at most 3 for one person" in english
    assert "¥50.00" in english and "¥88.00" in english and "−43%" in english
    assert english.count('name="next" value="checkout"') == 2  # the door is open: to be bought here
    assert 'data-live="/api/v1/flash-sales/rush"' in english


def test_what_is_left_and_that_all_is_gone(shop: Shop, client: Client) -> None:
    sale = running(units=1)
    sales.take_many(takes=[a_take(sale.items[0])], at=clock.now())
    page = text(client, "/en/sales/rush/")
    assert "<b data-left>Sold out</b>" in page and "<b data-left>1</b> of 1 left" in page
    sales.take_many(takes=[a_take(sale.items[1])], at=clock.now())
    forget_all()
    page = text(client, "/en/sales/rush/")
    assert "Everything has found somebody" in page and "data-live" not in page


def test_what_is_out_of_stock_is_sold_out_in_a_sale_that_has_units_left(shop: Shop, client: Client) -> None:
    running(units=1)
    for code, left in (("dark-1", 1), ("milk-1", 0)):
        sku_id = code_id(code)
        for one in stock.available(sku_ids=[sku_id])[sku_id]:
            claimed(sku_id, one.warehouse_id, one.quantity)
        forget_all()
        page = text(client, "/en/sales/rush/")
        assert page.count("<b data-left>1</b> of 1 left") == left
        assert page.count("<b data-left>Sold out</b>") == 2 - left
    assert "Everything has found somebody" in page
    assert client.get("/api/v1/flash-sales/rush").json()["state"] == "sold_out"


def test_an_article_that_is_sold_no_more_is_not_offered_in_a_sale_that_goes_on(shop: Shop, client: Client) -> None:
    running()
    assert text(client, "/en/sales/rush/").count("data-buy") == 2
    dark = catalogue.product(slug="dark")
    assert dark is not None
    assert goods.switch(product_ids=[dark.id], active=False, now=clock.now()) == 1
    forget_all()
    page = text(client, "/en/sales/rush/")
    assert client.get("/en/p/dark/").status_code == 404
    assert page.count("data-buy") == 1 and "/en/p/dark/" not in page


def test_the_list_the_front_page_and_the_product_page_tell_of_it(shop: Shop, client: Client) -> None:
    assert "No sale is running or coming" in text(client, "/en/sales/")
    running(admit_per_s=RATE)
    for path in ("/en/sales/", "/en/"):
        page = text(client, path)
        assert "/en/sales/rush/" in page and "Rush" in page, path
    product = text(client, "/en/p/dark/?sku=dark-1")
    assert "¥50.00" in product and "Line up first" in product and "10 left at this price" in product
    assert "Line up first" not in text(client, "/en/p/dark/?sku=dark-2")


def test_a_coming_sale_shows_its_price_and_the_draw(shop: Shop, client: Client) -> None:
    coming()
    page = text(client, "/en/sales/rush/")
    assert "Take part in the draw" in page and "7 pieces at this price" in page and "¥50.00" in page
    assert "¥88.00" in text(client, "/en/p/dark/?sku=dark-1")


def test_a_coming_sale_strikes_through_the_ordinary_price_also_while_another_sale_runs(
    shop: Shop, client: Client
) -> None:
    at = clock.now()
    on_sale([code_id("dark-1")], price_minor=4_000, now=at - timedelta(minutes=30), code="now")
    coming()  # of the same article, at 50 yuan
    page = text(client, "/en/sales/rush/")
    assert "¥50.00</b><s>" in page and "¥88.00</s>" in page and "¥40.00" not in page


def test_a_price_that_is_not_more_than_the_sales_is_not_struck_through(shop: Shop, client: Client) -> None:
    running()
    draft = PriceDraft(code_id("dark-1"), 4_500)  # the ordinary price fell below the sale's meanwhile
    sales.set_prices(list_id=koala_list(), prices=[draft], actor="tests", now=clock.now())
    page = text(client, "/en/sales/rush/")
    assert "¥45.00" not in page and page.count("<s>") == 1


def test_an_article_with_a_limit_says_so(shop: Shop, client: Client) -> None:
    sales.set_limit(sku_id=code_id("dark-1"), quantity=2, days=30, actor="li", now=clock.now())
    assert "At most 2 for one person in 30 days" in text(client, "/en/p/dark/?sku=dark-1")
    assert "每人 30 天内限购 2 件" in text(client, "/p/dark/?sku=dark-1")


def test_what_is_not_there(shop: Shop, client: Client) -> None:
    for path in ("/sales/none/", "/sales/none/line/", "/en/sales/" + "x" * 90 + "/"):
        assert client.get(path).status_code == 404
    running()
    assert client.get("/en/sales/rush/line/")["Location"] == "/en/sales/rush/"  # no door, no line


def test_thousands_who_look_are_a_few_statements(shop: Shop, client: Client) -> None:
    running(admit_per_s=RATE)
    for path in ("/en/sales/rush/", "/en/sales/"):
        client.get(path)
        with CaptureQueriesContext(connection) as heard:
            for _ in range(20):
                assert client.get(path).status_code == 200
        assert len(heard) == 0, path


def test_kept_pages_tell_the_time_it_is_and_not_when_they_were_drawn(
    shop: Shop, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(admit_per_s=RATE)
    for path in ("/en/sales/rush/", "/en/sales/", "/en/", "/en/sales/rush/line/"):
        for minute in range(2):
            at = clock.now() + timedelta(minutes=minute)
            monkeypatch.setattr(shell, "now", lambda at=at: at)
            assert f'rush.js" data-now="{at.isoformat()}"' in text(client, path), path


def test_a_visitor_is_asked_to_log_in_and_takes_no_number(shop: Shop, client: Client) -> None:
    sale = running(admit_per_s=RATE)
    page = text(client, "/en/sales/rush/line/")
    assert "Log in and line up" in page and "next=%2Fen%2Fsales%2Frush%2Fline%2F" in page
    answer = client.post("/en/sales/rush/line/")
    assert answer["Location"] == "/en/accounts/login/?next=%2Fen%2Fsales%2Frush%2Fline%2F"
    found = pricing.sale(sale_id=sale.id)
    assert found is not None and found.numbers == 0


def lined_up(who: Buyer, path: str = "/en/sales/rush/line/") -> str:
    assert who.client.post(path)["Location"] == path
    return text(who.client, path)


def test_who_waits_sees_the_honest_place_and_the_page_loads_itself(shop: Shop) -> None:
    sale = running(began_s=0, admit_per_s=RATE)
    sales.take_numbers(sale_id=sale.id, count=6_000, begun=True)
    who = buyer()
    page = lined_up(who)
    place = int(re.search(r'data-place="(\d+)"', page)[1])  # type: ignore[index]
    assert 5_000 < place <= 6_001
    minutes = -(-place // (RATE * 60))  # 11 in the first second of the sale, 10 afterwards
    assert f"{place:,}" in page and f"about {minutes} min" in page
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    shown = who.client.cookies["line_rush"]
    assert shown["httponly"] and shown["samesite"] == "Lax"
    held = checkout.read_ticket(ticket=shown.value)
    assert held is not None and (held.buyer_id, held.number) == (who.id, 6_000)
    assert "pass_rush" not in who.client.cookies
    assert "data-buy" not in page


def test_whose_turn_has_come_gets_the_pass_and_may_buy(shop: Shop) -> None:
    running(admit_per_s=RATE)
    who = buyer()
    page = lined_up(who)
    assert "It is your turn" in page and page.count("data-buy") == 2
    shown = checkout.read_pass(shown=who.client.cookies["pass_rush"].value)
    assert shown is not None and shown.buyer_id == who.id
    form = {"sku": str(code_id("dark-1")), "mode": "add", "quantity": "1", "next": "checkout"}
    assert who.client.post("/en/basket/put/", form)["Location"] == "/en/checkout/"
    assert baskets.lines(buyer_id=who.id, storefront_id=shop.storefront.id)


def test_who_looks_in_the_last_moment_of_a_sale_is_not_told_that_it_is_not_their_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale, who = running(admit_per_s=RATE), buyer()
    lined_up(who)
    moments = [sale.ends_at - timedelta(milliseconds=1), sale.ends_at]
    monkeypatch.setattr(rush, "now", lambda: moments.pop(0))
    assert "It is your turn" in text(who.client, "/en/sales/rush/line/")


def test_passes_that_have_run_out_do_not_crowd_out_the_one_that_holds(shop: Shop) -> None:
    sale, who = running(admit_per_s=RATE), buyer()
    lined_up(who)
    old = signing.dumps([sale.id.hex, who.id.hex, int(clock.now().timestamp()) - 1], salt=door._PASS)
    request = RequestFactory().get("/")
    request.COOKIES = {f"pass_{n}": old for n in range(rush.passes_max)}
    request.COOKIES["pass_rush"] = new = who.client.cookies["pass_rush"].value
    assert rush.passes(request) == (new,)


def test_who_orders_without_a_pass_is_led_to_the_line_and_with_it_to_the_cashier(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "open_payment", lambda **_: CASHIER)
    sale = running(admit_per_s=RATE)
    who = buyer()
    form = {"sku": str(code_id("dark-1")), "mode": "add", "quantity": "1", "next": "checkout"}
    who.client.post("/en/basket/put/", form)

    def ordered() -> str:
        page = who.client.get("/en/checkout/").content.decode()
        fields = dict(re.findall(r'name="(key|total)"[^>]*value="([^"]+)"', page))
        sent = {"address": str(who.address_id), "real_name": str(who.real_name_id), "provider": "sandbox"}
        return str(who.client.post("/en/checkout/", {**sent, **fields, "notice": "on"})["Location"])

    assert ordered() == "/en/sales/rush/line/"
    page = text(who.client, "/en/sales/rush/line/")
    assert "It is not your turn yet" in page and "Line up for the sale" in page
    assert baskets.lines(buyer_id=who.id, storefront_id=shop.storefront.id)
    lined_up(who)
    assert ordered() == CASHIER
    found = pricing.sale(sale_id=sale.id)
    assert found is not None
    assert sum(item.taken for item in found.items) == 1


def test_somebody_else_in_the_same_browser_starts_anew(shop: Shop) -> None:
    running(admit_per_s=RATE)
    first, second = buyer(), buyer()
    lined_up(first)
    second.client.cookies["line_rush"] = first.client.cookies["line_rush"].value
    page = text(second.client, "/en/sales/rush/line/")
    assert "Line up for the sale" in page and "It is your turn" not in page
    second.client.cookies["line_rush"] = "junk"
    assert "Line up for the sale" in text(second.client, "/en/sales/rush/line/")


def test_before_the_start_an_account_takes_part_in_the_draw(shop: Shop) -> None:
    coming()
    page = lined_up(buyer())
    assert "You are in the draw" in page and 'data-standing="early"' in page
    assert "您已参加抽签" in lined_up(buyer(), "/sales/rush/line/")


def test_the_line_says_when_there_is_nothing_to_wait_for(shop: Shop) -> None:
    sale = running(began_s=0, admit_per_s=RATE, units=1)
    sales.take_numbers(sale_id=sale.id, count=6_000, begun=True)
    who = buyer()
    lined_up(who)
    sales.take_many(takes=[a_take(item) for item in sale.items], at=clock.now())
    forget_all()
    page = text(who.client, "/en/sales/rush/line/")
    assert "Everything is sold" in page and "data-line" not in page
    sales.call_off(sale_id=sale.id, actor="li", reason="x", now=clock.now())
    forget_all()
    assert "The sale is over" in text(who.client, "/en/sales/rush/line/")


@pytest.mark.parametrize(("ago", "listed"), [(timedelta(hours=11), True), (timedelta(hours=13), False)])
def test_a_sale_that_was_called_off_ended_then_and_leaves_the_list_as_others_do(
    shop: Shop, client: Client, ago: timedelta, listed: bool
) -> None:
    sale, at = coming(), clock.now() - ago
    sales.call_off(sale_id=sale.id, actor="li", reason="x", now=at)
    assert f"Ended {moment(at)}" in text(client, "/en/sales/rush/")
    assert ("/en/sales/rush/" in text(client, "/en/sales/")) is listed
    assert (f"Ended {moment(at)}" in text(client, "/en/sales/")) is listed


def test_the_privacy_page_tells_what_each_cookie_is_for(shop: Shop) -> None:
    told = {
        "sessionid": ("log-in", "登录状态"),
        "csrftoken": ("forged forms", "防伪造表单"),
        "visitor": ("basket before log-in", "未登录时的购物车"),
        "messages": ("one-time notes", "一次性提示"),
        "line_rush": ("line at a flash sale", "抢购排队号"),
        "pass_rush": ("the pass it gives", "入场凭证"),
    }
    running(admit_per_s=RATE)
    visitor, known = Client(), buyer().client
    visitor.get("/accounts/login/")
    visitor.post("/basket/put/", {"sku": str(code_id("dark-1")), "quantity": "1", "mode": "add"})
    known.post("/sales/rush/line/")
    known.get("/sales/rush/line/")
    assert {*visitor.cookies, *known.cookies} == told.keys()
    english, chinese = text(visitor, "/en/help/privacy/"), text(visitor, "/help/privacy/")
    assert all(en in english and zh in chinese for en, zh in told.values())
