"""A page that was answered before is answered the short way as the long way would; nobody's own is mixed up there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entrepot.catalogue import selectors as catalogue
from entrepot.catalogue.services import switch
from entrepot.kit.tests.clocks import Clock
from entrepot.pricing.tests.makers import priced
from entrepot.server.short_way import before
from entrepot.shelf.tests.makers import NOW
from entrepot.web.storefront import pages, short_pages
from entrepot.web.storefront.tests.makers import Shop, code_id, new_buyer, open_shop
from entrepot.web.storefront.tests.test_pages import KEPT, guest_with

pytestmark = pytest.mark.django_db
_token = re.compile(r'csrfmiddlewaretoken" value="(\w+)"')
Answer = tuple[str, dict[str, str], str]


@pytest.fixture
def shop() -> Shop:
    return open_shop()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is remembered, and the connection that holds the test's transaction outlives its requests."""
    short_pages.forget()
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    yield
    short_pages.forget()


class Web:
    """The web process as its server calls it; `asked` are the addresses that Django was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        django = get_wsgi_application()

        def counted(environ: dict[str, Any], start: Any) -> Any:
            self.asked.append(environ["PATH_INFO"])
            return django(environ, start)

        self._application = before(counted)

    def get(self, address: str, client: Client | None = None, **more: str) -> Answer:
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {"HTTP_HOST": "testserver", "PATH_INFO": path, "QUERY_STRING": query, **more}
        if client and client.cookies:
            environ["HTTP_COOKIE"] = "; ".join(
                f"{name}={one.value}" for name, one in client.cookies.items() if one.value
            )
        setup_testing_defaults(environ)
        told: list[Any] = []
        body = b"".join(self._application(environ, lambda status, headers: told.extend((status, dict(headers)))))
        return told[0], told[1], body.decode()

    def short(self, address: str, client: Client | None = None) -> Answer:
        """As `get`, of which Django must know nothing."""
        before = len(self.asked)
        answer = self.get(address, client)
        assert len(self.asked) == before
        return answer


def plain(answer: Answer) -> Answer:
    """Without what differs each time: the token of forms, and with it the cookie."""
    status, headers, body = answer
    assert headers["Content-Length"] == str(len(body.encode()))
    cookie = headers.get("Set-Cookie", "")
    left = {**headers, "Set-Cookie": re.sub(r"=\w{32};|expires=[^;]*;", "", cookie)}
    return status, dict(sorted(left.items())), _token.sub("", body)


@pytest.mark.parametrize("address", KEPT)
def test_the_second_visitor_is_answered_the_same_without_django_and_statements(shop: Shop, address: str) -> None:
    web = Web()
    first = web.get(address)
    assert first[0] == "200 OK"
    with CaptureQueriesContext(connection) as captured:
        second = web.short(address)
    assert len(captured) == 0
    assert plain(first) == plain(second)


def test_a_basket_is_counted_and_belongs_to_its_visitor(shop: Shop) -> None:
    web, guest, other = Web(), guest_with(7), guest_with(4)
    for address in KEPT:
        web.get(address)
        for client, count in ((guest, "7"), (other, "4"), (None, "")):
            page = web.short(address, client)[2]
            assert set(re.findall(r"data-count>(\w*)<", page)) == {count}


def test_who_is_logged_in_or_has_a_note_waiting_goes_the_long_way(shop: Shop) -> None:
    web, (person, _) = Web(), new_buyer()
    noted = Client()
    noted.post("/en/basket/put/", {"sku": str(code_id("dark-1")), "quantity": 1, "mode": "add"})
    web.get("/en/")
    for client, said in ((person, "My account"), (noted, "It is in your basket.")):
        web.asked.clear()
        assert said in web.get("/en/", client)[2]
        assert web.asked == ["/en/"]
    page = web.short("/en/")[2]
    assert "My account" not in page
    assert "It is in your basket." not in page


def test_what_somebody_logged_in_was_answered_is_not_remembered(shop: Shop) -> None:
    web, (person, _) = Web(), new_buyer()
    web.get("/en/", person)
    web.get("/en/")
    assert web.asked == ["/en/", "/en/"]


def test_a_token_given_here_opens_the_form_of_its_visitor_only(shop: Shop) -> None:
    web = Web()
    web.get("/en/p/dark/")
    order = {"sku": str(code_id("dark-1")), "quantity": 1, "mode": "add"}
    clients = [Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)]
    tokens = []
    for client in clients:
        _, headers, body = web.short("/en/p/dark/")
        client.cookies.load(headers["Set-Cookie"])
        tokens += _token.findall(body)[:1]
        again = Client()
        again.cookies.load(web.short("/en/p/dark/", client)[1]["Set-Cookie"])
        assert again.cookies["csrftoken"].value == client.cookies["csrftoken"].value
    for client, own, other in zip(clients, tokens, reversed(tokens), strict=True):
        assert client.post("/en/basket/put/", {**order, "csrfmiddlewaretoken": other}).status_code == 403
        assert client.post("/en/basket/put/", {**order, "csrfmiddlewaretoken": own}).status_code == 302


@pytest.mark.parametrize(
    "more",
    [{"HTTP_HOST": "elsewhere.example"}, {"REQUEST_METHOD": "HEAD"}, {"HTTP_X_FORWARDED_PROTO": "https"}],
    ids=["host", "method", "scheme"],
)
def test_what_was_decided_for_another_request_is_not_taken(shop: Shop, more: dict[str, str]) -> None:
    web = Web()
    web.get("/en/")
    web.get("/en/", **more)
    assert web.asked == ["/en/", "/en/"]


@pytest.mark.parametrize("address", ["/en/p/nothing/", "/en/p/dark", "/en/basket/", "/en/orders/", "/healthz"])
def test_only_kept_pages_are_remembered(shop: Shop, address: str) -> None:
    web = Web()
    assert web.get(address)[:1] == web.get(address)[:1]
    assert web.asked == [address, address]


def test_a_new_price_shows_after_the_seconds_stated(shop: Shop, clock: Clock) -> None:
    web = Web()
    web.get("/en/p/milk/")
    priced({code_id("milk-1"): 6_543})
    assert "79.00" in web.short("/en/p/milk/")[2]
    clock.at += pages.GOODS_KEPT_S + pages.GOODS_AGED_S + 0.1
    assert "65.43" in web.short("/en/p/milk/")[2]


def test_what_is_gone_is_told_by_the_long_way(shop: Shop, clock: Clock) -> None:
    web = Web()
    web.get("/en/p/milk/")
    milk = catalogue.product(slug="milk")
    assert milk is not None
    switch(product_ids=[milk.id], active=False, now=NOW)
    clock.at += pages.GOODS_KEPT_S + pages.GOODS_AGED_S + 0.1
    assert [web.get("/en/p/milk/")[0] for _ in range(2)] == ["404 Not Found"] * 2


def test_after_a_minute_the_long_way_decides_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_pages, "remembered_s", -1)
    web = Web()
    for _ in range(2):
        web.get("/en/")
    assert web.asked == ["/en/"] * 2
