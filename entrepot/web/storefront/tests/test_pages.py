"""Kept pages: nobody's own is shown to anybody else, and what changes shows within the seconds stated."""

from __future__ import annotations

import re
from itertools import product

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.catalogue import selectors as catalogue
from entrepot.kit import kept
from entrepot.kit.behind import behind
from entrepot.kit.tests.clocks import Clock
from entrepot.pricing.tests.makers import priced
from entrepot.shelf.tests.makers import NOW, in_stock, refreshed
from entrepot.stock.types import WarehouseKind
from entrepot.storefronts import services as storefronts
from entrepot.storefronts.types import StorefrontDraft
from entrepot.web.storefront import pages
from entrepot.web.storefront.tests.makers import Shop, code_id, new_buyer, open_shop

pytestmark = pytest.mark.django_db
KEPT = ("/en/", "/en/c/chocolate/", "/en/p/dark/", "/en/search/?q=chocolate", "/en/b/lindt/", "/en/brands/", "/p/dark/")
_token = re.compile(r'csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def guest_with(quantity: int) -> Client:
    guest = Client()
    guest.post("/en/basket/put/", {"sku": str(code_id("dark-1")), "quantity": quantity, "mode": "add"})
    guest.get("/en/basket/")  # where the note is shown
    return guest


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_two_sessions_never_see_each_others(shop: Shop, clock: Clock, first: int) -> None:
    person, _ = new_buyer()
    clients = [guest_with(7), guest_with(4), person, Client()]
    for path, turn in product(KEPT, range(first, first + 5)):
        at = turn % 4
        page = text(clients[at], path)
        assert re.findall(r"data-count>(\w*)<", page) == [("7", "4", "", "")[at]] * page.count("data-count")
        account, log_in = ("My account", "Log in") if path.startswith("/en/") else ("我的账户", "登录")
        assert (account in page, f">{log_in}<" in page) == ((True, False) if at == 2 else (False, True))
        assert "<!--" not in page


def test_only_what_is_a_visitors_own_differs(shop: Shop, clock: Clock) -> None:
    guest, stranger = guest_with(7), Client()
    for path in KEPT:
        first, second = (_token.sub("", text(client, path)) for client in (guest, stranger))
        assert re.sub(r"data-count>7<", "data-count><", first) == second


def test_the_second_visitor_costs_no_drawing(shop: Shop, clock: Clock) -> None:
    for path in KEPT:
        text(Client(), path)
        with CaptureQueriesContext(connection) as captured:
            text(Client(), path)
        assert len(captured) == 0


def test_each_visitor_gets_a_token_of_their_own_and_it_opens_the_form(shop: Shop, clock: Clock) -> None:
    clients = [Client(enforce_csrf_checks=True) for _ in range(2)]
    tokens = [_token.findall(text(client, "/en/p/dark/"))[0] for client in clients]
    assert tokens[0] != tokens[1]
    order = {"sku": str(code_id("dark-1")), "quantity": 1, "mode": "add"}
    for client, own, other in zip(clients, tokens, reversed(tokens), strict=True):
        assert client.post("/en/basket/put/", {**order, "csrfmiddlewaretoken": other}).status_code == 403
        assert client.post("/en/basket/put/", {**order, "csrfmiddlewaretoken": own}).status_code == 302


def test_a_note_is_shown_once_and_to_whom_it_concerns(shop: Shop, clock: Clock) -> None:
    guest, stranger = Client(), Client()
    text(stranger, "/en/")
    guest.post("/en/basket/put/", {"sku": str(code_id("dark-1")), "quantity": 1, "mode": "add"})
    assert "It is in your basket." not in text(stranger, "/en/")
    assert "It is in your basket." in text(guest, "/en/")
    for client in (guest, stranger):
        assert "It is in your basket." not in text(client, "/en/")


def test_no_cache_on_the_way_keeps_them(shop: Shop) -> None:
    for client, path in product((Client(), new_buyer()[0]), KEPT):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "private, no-cache"
        assert "Cookie" in headers["Vary"]
        assert "script-src 'self';" in headers["Content-Security-Policy"] + ";"
        assert "nonce" not in headers["Content-Security-Policy"]


def test_a_new_price_shows_after_the_seconds_stated(shop: Shop, clock: Clock) -> None:
    where = ("/en/c/chocolate/", "/en/p/milk/", "/en/search/?q=milk", "/api/v1/products/milk", "/api/v1/search?q=milk")
    for path in where:
        assert "79.00" in text(Client(), path)
    priced({code_id("milk-1"): 6_543})
    milk = catalogue.product(slug="milk")
    assert milk is not None
    refreshed(milk.id)
    clock.at += pages.GOODS_KEPT_S - 0.1
    assert all("79.00" in text(Client(), path) for path in where)
    clock.at += pages.GOODS_AGED_S + 0.2
    for path in where:
        assert "65.43" in text(Client(), path)
        assert "79.00" not in text(Client(), path)


def test_a_new_price_shows_as_soon_where_an_article_stands_among_others(shop: Shop, clock: Clock) -> None:
    where = ("/en/", "/en/p/dark/", "/en/search/?q=unheard-of")
    assert all("79.00" in text(Client(), path) for path in where)
    priced({code_id("milk-1"): 6_543})
    milk = catalogue.product(slug="milk")
    assert milk is not None
    refreshed(milk.id)
    clock.at += pages.GOODS_KEPT_S + pages.GOODS_AGED_S + 0.1
    for path in where:
        assert "65.43" in text(Client(), path)
        assert "79.00" not in text(Client(), path)


@pytest.mark.django_db(transaction=True)
def test_who_finds_a_page_aged_gets_it_and_the_next_one_the_page_drawn_behind(shop: Shop, clock: Clock) -> None:
    where = {"/en/p/dark/": "Import tax for one", "/p/dark/": "税", "/api/v1/products/dark": "黑巧克力"}
    old = {path: _token.sub("", text(Client(), path)) for path in where}
    priced({code_id("dark-1"): 6_543})
    clock.at += pages.GOODS_KEPT_S
    assert all(_token.sub("", text(Client(), path)) == old[path] for path in where)
    behind.end()
    for path, said in where.items():
        page = text(Client(), path)
        assert "65.43" in page
        assert said in page
        assert said in old[path]


def test_stock_that_comes_shows_after_the_seconds_stated(shop: Shop, clock: Clock) -> None:
    assert "Only 3 left" in text(Client(), "/en/p/cream/")
    assert '<button class="button" disabled>' in text(Client(), "/en/p/gone/")
    in_stock("cream-1", 40, WarehouseKind.OVERSEAS)
    in_stock("gone-1")
    clock.at += pages.GOODS_KEPT_S
    assert "Only 3 left" not in text(Client(), "/en/p/cream/")
    assert '<button class="button" disabled>' not in text(Client(), "/en/p/gone/")


def test_two_storefronts_at_one_address_keep_pages_of_their_own(shop: Shop, clock: Clock, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    names = {"zh-hans": "别家", "en": "Elsewhere"}
    draft = StorefrontDraft("elsewhere", names, ("elsewhere.example",), ("zh-hans", "en"), "CNY")
    storefronts.open_storefront(draft=draft, now=NOW)
    kept.forget_all()
    for _ in range(2):
        ours, theirs = (Client(headers={"host": host}) for host in ("testserver", "elsewhere.example"))
        assert "Milk chocolate" in text(ours, "/en/c/chocolate/")
        assert "Milk chocolate" not in text(theirs, "/en/c/chocolate/")
        assert "· Elsewhere</title>" in text(theirs, "/en/c/chocolate/")
