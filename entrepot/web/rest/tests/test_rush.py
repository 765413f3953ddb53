"""Flash sales over the API: what is left, the line, the pass; what thousands ask costs no statement each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entrepot.checkout import services as checkout
from entrepot.checkout.services import door
from entrepot.checkout.tests.makers import World, world
from entrepot.identity.tests import makers as people
from entrepot.kit import clock
from entrepot.kit.kept import forget_all
from entrepot.kit.tests.clocks import Clock
from entrepot.pricing import services as pricing
from entrepot.pricing.tests.makers import a_take, on_sale
from entrepot.pricing.types import Sale
from entrepot.web.rest import rush
from entrepot.web.rest.tests.makers import Caller, refused
from entrepot.web.rest.tests.test_operations import told

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> World:
    Clock(monkeypatch)
    door._numbers.reset()
    return world({"coat": 40_000, "hat": 9_000})


def sale_of(place: World, began_s: int = 60, **more: Any) -> Sale:
    """Coat and hat at 50 yuan in a sale that began so many seconds ago."""
    at = clock.now() - timedelta(seconds=began_s)
    forget_all()
    return on_sale([place.skus["coat"], place.skus["hat"]], price_minor=5_000, now=at, **more)


def statements(ask: Any) -> int:
    with CaptureQueriesContext(connection) as heard:
        assert ask().status_code == 200
    return len(heard)


@pytest.mark.parametrize(("language", "title", "article"), [("en", "Rush", "coat"), ("zh-CN", "双十一抢购", "coat")])
def test_what_a_sale_offers_and_what_is_left(place: World, language: str, title: str, article: str) -> None:
    sale = sale_of(place, units=4)
    nobody = Caller(language=language)
    found = told(nobody.get(f"/flash-sales/{sale.code}"), "get", "/flash-sales/{code}")
    assert (found["title"], found["state"], found["admit_per_s"]) == (title, "running", None)
    coat, hat = found["items"]
    assert (coat["price"], coat["was"], hat["was"]) == ("50.00", "400.00", "90.00")
    assert (coat["units"], coat["left"], coat["limit_per_person"], coat["product"]) == (4, 4, 2, article)
    assert told(nobody.get("/flash-sales"), "get", "/flash-sales")[0]["code"] == sale.code
    pricing.take_many(takes=[a_take(sale.items[0], 2)], at=clock.now())
    assert nobody.get(f"/flash-sales/{sale.code}").json()["items"][0]["left"] == 4  # as it was a second ago
    forget_all()
    assert nobody.get(f"/flash-sales/{sale.code}").json()["items"][0]["left"] == 2


def test_a_sale_that_was_called_off_ended_then(place: World) -> None:
    sale, nobody = sale_of(place), Caller()
    pricing.call_off(sale_id=sale.id, actor="li", reason="x", now=clock.now())
    forget_all()
    for found in (nobody.get(f"/flash-sales/{sale.code}").json(), nobody.get("/flash-sales").json()[0]):
        assert found["state"] == "over" and found["ends_at"] <= found["now"]


def test_what_everybody_asks_is_asked_of_the_database_once_a_second(place: World) -> None:
    sale = sale_of(place)
    nobody = Caller()
    answer = nobody.get(f"/flash-sales/{sale.code}")
    assert answer.headers["Cache-Control"] == "public, max-age=1"
    assert statements(lambda: nobody.get(f"/flash-sales/{sale.code}")) == 0
    assert nobody.get("/flash-sales").headers["Cache-Control"] == "public, max-age=5"
    assert statements(lambda: nobody.get("/flash-sales")) == 0


@pytest.mark.parametrize(("watchers", "settled_s"), [(10, 3), (300, 3), (3_000, 30), (9_000, 90), (90_000, 120)])
def test_those_who_look_on_are_spread(watchers: int, settled_s: int) -> None:
    """Each second as many ask as the last answer's pause makes of so many watchers."""
    crowd, pause = rush.Crowd(), 3
    for second in range(40):
        for _ in range(watchers // pause):
            crowd.count()
        pause = crowd.pause_s(1_000.0 + second)
    assert settled_s * 0.9 - 1 <= pause <= settled_s * 1.1 + 1


def test_those_who_look_on_are_spread_over_all_sales_and_languages_together() -> None:
    """Four answers are made anew, right after each other, each second; who looks on at one waits as that one says."""
    crowd, pauses = rush.Crowd(), [3] * 4
    for second in range(40):
        asked = sum(9_000 // 4 // pause for pause in pauses)
        for _ in range(asked):
            crowd.count()
        pauses = [crowd.pause_s(1_000.0 + second + n / 100) for n in range(4)]
    assert asked <= 110
    assert len(set(pauses)) == 1


def test_an_account_lines_up_and_waits_without_a_statement(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    buyer_id = people.buyer()
    me, nobody = Caller(buyer_id), Caller()
    sale = sale_of(place, admit_per_s=1, code="the-door")
    monkeypatch.setattr(rush, "now", lambda: sale.starts_at)
    path = f"/flash-sales/{sale.code}/line"
    waiting = told(me.get(path), "get", "/flash-sales/{code}/line")
    assert (waiting["state"], waiting["place"], waiting["entry_pass"]) == ("waiting", 1, None)
    assert waiting["wait_s"] == 1 and waiting["poll_after_s"] == 2
    by_ticket = f"{path}?ticket={waiting['ticket']}"
    answer = nobody.get(by_ticket)
    assert answer.headers["Cache-Control"] == "no-store"
    assert statements(lambda: nobody.get(by_ticket)) == 0
    pricing.call_off(sale_id=sale.id, actor="li", reason="x", now=clock.now())
    forget_all()
    assert told(nobody.get(by_ticket), "get", "/flash-sales/{code}/line")["state"] == "over"


def test_whose_turn_has_come_gets_a_pass_for_their_account_alone(place: World) -> None:
    buyer_id = people.buyer()
    me = Caller(buyer_id)
    sale = sale_of(place, began_s=600, admit_per_s=10)
    path = f"/flash-sales/{sale.code}/line"
    let_in = told(me.get(path), "get", "/flash-sales/{code}/line")
    assert (let_in["state"], let_in["place"], let_in["wait_s"]) == ("admitted", 0, 0)
    shown = checkout.read_pass(shown=let_in["entry_pass"])
    assert (shown.sale_id, shown.buyer_id, shown.until.isoformat()) == (sale.id, buyer_id, let_in["entry_until"])
    by_others = Caller().get(f"{path}?ticket={let_in['ticket']}").json()
    assert (by_others["state"], by_others["entry_pass"]) == ("admitted", None)
    thief = people.buyer()
    theirs = Caller(thief).get(f"{path}?ticket={let_in['ticket']}").json()
    assert checkout.read_pass(shown=theirs["entry_pass"]).buyer_id == thief
    mine, other = (checkout.read_ticket(ticket=one["ticket"]).number for one in (let_in, theirs))
    assert mine != other


def test_who_is_nobody_and_shows_no_ticket_is_told_to_log_in(place: World) -> None:
    guarded, free = sale_of(place, admit_per_s=10), None
    nobody = Caller()
    for ticket in ("", "junk", "x" * 400):
        refused(nobody.get(f"/flash-sales/{guarded.code}/line?ticket={ticket}"), 401, "must_log_in")
    refused(nobody.get(f"/flash-sales/{guarded.code}/line?ticket={'x' * 401}"), 422, "invalid_request", "ticket")
    for path in ("/flash-sales/none", "/flash-sales/none/line"):
        refused(nobody.get(path), 404, "not_found")
    pricing.call_off(sale_id=guarded.id, actor="li", reason="x", now=clock.now())
    free = sale_of(place)
    refused(nobody.get(f"/flash-sales/{free.code}/line"), 404, "not_found")
