"""A buyer's orders: list, timeline, paying, coming back, cancelling; nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from entrepot.basket import selectors as baskets
from entrepot.checkout import services as checkout
from entrepot.checkout.tests.makers import asked_at_a_limit, pay
from entrepot.checkout.types import Placed, PlaceRequest, Way, Wish
from entrepot.kit import sql
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import OrderState, ParcelState
from entrepot.payments import services as paying
from entrepot.payments.tests.bank import Bank
from entrepot.stock import selectors as stock_read
from entrepot.stock import services as stock
from entrepot.stock.tests.makers import claimed
from entrepot.storefronts.services import open_storefront
from entrepot.storefronts.tests.makers import KOALA
from entrepot.web.common.middleware import answer as answer_to
from entrepot.web.storefront.tests.makers import Buyer, Shop, buyer, code_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def who() -> Buyer:
    return buyer()


def ordered(shop: Shop, who: Buyer, codes: tuple[str, ...] = ("dark-1",)) -> Placed:
    request = PlaceRequest(
        buyer_id=who.id,
        storefront_id=shop.storefront.id,
        wishes=tuple(Wish(code_id(code), 1) for code in codes),
        address_id=who.address_id,
        real_name_id=who.real_name_id,
        notice_accepted=True,
        provider="sandbox",
        idempotency_key=str(new_id()),
        expected_total_minor=None,
        language="en",
    )
    return checkout.place(request=request, now=now())


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def moved(placed: Placed, who: Buyer, *states: ParcelState) -> None:
    order = orders.order(order_id=placed.order_id, buyer_id=who.id)
    assert order is not None
    for state in states:
        for parcel in order.parcels:
            assert order_verbs.mark_parcel(
                parcel_id=parcel.id, order_id=order.id, buyer_id=who.id, state=state, note="", now=now()
            )


def test_an_unpaid_order_can_be_paid_until_its_time(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who)
    shown = page(who.client, f"/en/orders/{placed.number}/")
    assert "Waiting for your payment" in shown
    assert "Pay ¥" in shown
    assert "张*" in shown
    assert "张小燕" not in shown
    assert 'hx-trigger="load delay:3s, every 33s"' in shown  # the second where the first fails


def test_each_step_of_the_way_is_shown_with_its_time(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who, ("dark-1", "cream-1"))
    pay(placed, who.id, now())
    moved(placed, who, ParcelState.DECLARED, ParcelState.RELEASED)
    shown = page(who.client, f"/orders/{placed.number}/")
    assert "海关已放行" in shown
    assert "包裹 1" in shown
    assert "包裹 2" in shown
    assert shown.count('class="done"') == 6
    assert shown.count('aria-current="step"') == 2


def test_more_parcels_are_no_more_statements(shop: Shop, who: Buyer) -> None:
    """The page asks for its progress again and again."""
    counts = []
    for codes in (("dark-1",), ("dark-1", "cream-1")):
        placed = ordered(shop, who, codes)
        pay(placed, who.id, now())
        path = f"/orders/{placed.number}/progress/"
        page(who.client, path)
        with CaptureQueriesContext(connection) as asked:
            assert f"包裹 {len(codes)}" in page(who.client, path)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_parcel_that_customs_stopped_is_said_plainly(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who)
    pay(placed, who.id, now())
    moved(placed, who, ParcelState.DECLARED, ParcelState.HELD)
    assert "Stopped at customs" in page(who.client, f"/en/orders/{placed.number}/")


@pytest.mark.parametrize(("choice", "said"), [(None, "Your choice is needed"), (Way.GENERAL, "Your payment is needed")])
def test_the_lists_say_what_a_parcel_at_a_limit_waits_for(shop: Shop, choice: Way | None, said: str) -> None:
    who = buyer()
    placed = ordered(shop, who)
    pay(placed, who.id, now())
    moved(placed, who, ParcelState.DECLARED, ParcelState.HELD)
    order = orders.order(order_id=placed.order_id, buyer_id=who.id)
    assert order is not None
    asked_at_a_limit(order, choice, now())
    for place in ("/en/orders/", "/en/account/"):
        assert said in page(who.client, place)


@pytest.mark.parametrize(("less_minor", "said"), [(0, "being refunded"), (1, "being refunded in part")])
def test_whose_money_goes_back_in_part_is_not_told_that_the_payment_goes_back(
    shop: Shop, who: Buyer, monkeypatch: pytest.MonkeyPatch, less_minor: int, said: str
) -> None:
    bank = Bank()
    bank.over(monkeypatch)
    bank.down = True
    placed = ordered(shop, who)
    pay(placed, who.id, now())
    back = placed.total_minor - less_minor
    paying.refund(payment_id=placed.payment_id, buyer_id=who.id, amount_minor=back, reason="", key="a", now=now())
    assert f"<dd>{said}</dd>" in page(who.client, f"/en/orders/{placed.number}/")


def test_the_page_stops_asking_when_there_is_nothing_to_come(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who)
    pay(placed, who.id, now())
    moved(placed, who, ParcelState.DECLARED, ParcelState.RELEASED, ParcelState.SHIPPED, ParcelState.DELIVERED)
    shown = page(who.client, f"/en/orders/{placed.number}/progress/")
    assert "Delivered" in shown
    assert "hx-trigger" not in shown
    assert "<html" not in shown


def test_what_stands_beside_the_progress_changes_with_it(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who)
    shown = page(who.client, f"/en/orders/{placed.number}/")
    assert "not paid yet" in shown and "/cancel/" in shown and "hx-swap-oob" not in shown
    assert "/cancel/" in page(who.client, f"/en/orders/{placed.number}/progress/")
    pay(placed, who.id, now())
    anew = page(who.client, f"/en/orders/{placed.number}/progress/")
    assert "<dd>paid</dd>" in anew and "/cancel/" not in anew
    assert all(f'id="{place}"' in shown and anew.count(f'id="{place}"') == 1 for place in ("paid", "taken-back"))
    assert anew.count('hx-swap-oob="true"') == 2


@pytest.mark.parametrize("polls", ["240", "99999", "-1", "x", "9" * 30])
def test_asking_is_bounded_whatever_the_address_says(shop: Shop, who: Buyer, polls: str) -> None:
    placed = ordered(shop, who)
    shown = page(who.client, f"/en/orders/{placed.number}/progress/?polls={polls}")
    assert ("hx-trigger" not in shown) == (polls in {"240", "99999"})


def test_the_list_has_pages_and_takes_odd_ones(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who)
    assert placed.number in page(who.client, "/en/orders/")
    for odd in ("0", "x", "-1", "²", "9" * 30, "2"):
        assert placed.number in page(who.client, f"/en/orders/?page={odd}")
    assert "No orders yet" in page(buyer().client, "/en/orders/")


def test_somebody_elses_order_is_not_there(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who)
    other = buyer().client
    page(other, f"/en/orders/{placed.number}/", 404)
    page(other, f"/en/orders/{placed.number}/progress/", 404)
    assert other.post(f"/en/orders/{placed.number}/pay/").status_code == 404
    assert other.post(f"/en/orders/{placed.number}/cancel/").status_code == 404


def test_cancelling_frees_an_unpaid_order_and_refuses_a_paid_one(shop: Shop, who: Buyer) -> None:
    first, second = ordered(shop, who), ordered(shop, who)
    who.client.post(f"/en/orders/{first.number}/cancel/")
    assert "Cancelled" in page(who.client, f"/en/orders/{first.number}/")
    pay(second, who.id, now())
    who.client.post(f"/en/orders/{second.number}/cancel/")
    assert "cannot be cancelled" in page(who.client, f"/en/orders/{second.number}/")


def test_a_second_press_to_cancel_says_no_other_than_the_first(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who)
    for _ in range(2):
        who.client.post(f"/en/orders/{placed.number}/cancel/")
    shown = page(who.client, f"/en/orders/{placed.number}/")
    assert "The order is cancelled." in shown and "cannot be cancelled" not in shown


@pytest.mark.parametrize(
    ("by", "goods_left", "en", "zh"),
    [
        ("unpaid", True, "the order stands again", "订单已恢复"),
        ("unpaid", False, "the goods were gone; the money goes back", "货品已售罄，款项将原路退回"),
        ("buyer", True, "the buyer had cancelled the order; the money goes back", "买家已取消订单，款项将原路退回"),
    ],
)
def test_what_became_of_a_late_payment_is_said_on_the_orders_page(
    shop: Shop, who: Buyer, by: str, goods_left: bool, en: str, zh: str
) -> None:
    placed = ordered(shop, who)
    order = orders.order(order_id=placed.order_id, buyer_id=who.id)
    assert order is not None
    [line] = order.parcels[0].lines
    assert order_verbs.cancel(order_id=order.id, buyer_id=who.id, reason=by, now=now())
    stock.release(reference=order.id, sku_ids=[line.sku_id], now=now())
    if not goods_left:
        [free] = stock_read.available(sku_ids=[line.sku_id])[line.sku_id]
        claimed(line.sku_id, free.warehouse_id, free.quantity)
    pay(placed, who.id, now())
    for path, text in ((f"/en/orders/{placed.number}/", en), (f"/orders/{placed.number}/", zh)):
        shown = page(who.client, path)
        assert shown.count(text) == 2  # beside the headline, and in the story
    after = orders.order(order_id=order.id, buyer_id=who.id)
    assert after is not None
    assert (after.state is OrderState.PAID) == (by == "unpaid" and goods_left)
    refunds = "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'payments.give_back'"
    assert bool(sql.rows(refunds)) == (after.state is not OrderState.PAID)


def test_coming_back_asks_the_provider_and_believes_no_address(
    shop: Shop, who: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = ordered(shop, who)

    def silent(**_: Any) -> None:
        raise paying.ProviderSilent

    monkeypatch.setattr(paying, "query", silent)
    answer = who.client.get(f"/en/orders/{placed.number}/paid/?status=success&paid=1")
    assert answer["Location"] == f"/en/orders/{placed.number}/"
    order = orders.order(order_id=placed.order_id, buyer_id=who.id)
    assert order is not None
    assert order.state is OrderState.PLACED
    assert "not confirmed yet" in page(who.client, answer["Location"])


def test_the_cashier_leads_back_to_the_shop_one_came_from(
    shop: Shop, who: Buyer, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Each shop has its own address, and whoever is logged in at one is not at another."""
    settings.ALLOWED_HOSTS = ["shop-b.example"]
    placed, asked = ordered(shop, who), []

    def opened(**wish: Any) -> str:
        asked.append(wish)
        return "http://127.0.0.1:8099/pay/cashier/1"

    monkeypatch.setattr(checkout, "open_payment", opened)
    who.client.post(f"/en/orders/{placed.number}/pay/", headers={"host": "shop-b.example"})
    assert asked[0]["return_url"] == f"http://shop-b.example/en/orders/{placed.number}/paid/"
    assert asked[0]["notify_url"].startswith(settings.PUBLIC_URL)


def test_an_order_whose_time_is_over_cannot_be_paid(shop: Shop, who: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    placed = ordered(shop, who)
    later = now() + timedelta(hours=1)
    monkeypatch.setattr("entrepot.web.storefront.views.orders.now", lambda: later)
    shown = page(who.client, f"/en/orders/{placed.number}/")
    assert "Pay ¥" not in shown and "until the time below" not in shown
    assert "The time to pay is over" in shown and "if you have paid, the order stands" in shown
    assert "付款时间已过" in page(who.client, f"/orders/{placed.number}/")
    for place in ("/en/orders/", "/en/account/"):
        shown = page(who.client, place)
        assert "The time to pay is over" in shown and "Waiting for your payment" not in shown


def test_an_order_whose_payment_was_closed_is_not_paid_but_ordered_again(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who)
    sql.run("UPDATE payments_payment SET state = 'failed', ask_at = NULL WHERE id = %s", (placed.payment_id,))
    told = page(who.client, f"/en/orders/{placed.number}/")
    for place in ("/en/orders/", "/en/account/"):
        listed = page(who.client, place)
        assert "The payment was closed" in listed and "Waiting for your payment" not in listed
    assert "<dd>closed unpaid</dd>" in told  # nothing went wrong, and nothing was taken
    assert "The payment was closed" in told and f"/en/orders/{placed.number}/again/" in told
    assert f"/en/orders/{placed.number}/pay/" not in told
    answer = who.client.post(f"/en/orders/{placed.number}/again/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/en/basket/")
    order = orders.order(order_id=placed.order_id, buyer_id=who.id)
    assert order is not None and order.state is OrderState.CANCELLED
    lines = baskets.lines(buyer_id=who.id, storefront_id=shop.storefront.id)
    assert [(line.sku_id, line.quantity) for line in lines] == [(code_id("dark-1"), 1)]


def test_ordering_again_takes_nothing_out_of_the_basket(shop: Shop, who: Buyer) -> None:
    placed = ordered(shop, who, ("dark-1", "milk-1"))
    who.client.post("/basket/put/", {"sku": str(code_id("dark-1")), "quantity": 5, "mode": "set"})
    for _ in range(2):
        who.client.post(f"/orders/{placed.number}/again/")
    lines = baskets.lines(buyer_id=who.id, storefront_id=shop.storefront.id)
    assert {line.sku_id: line.quantity for line in lines} == {code_id("dark-1"): 5, code_id("milk-1"): 1}


def test_ordering_again_at_another_shop_leads_to_the_basket_that_the_goods_are_in(
    shop: Shop, who: Buyer, settings: Any
) -> None:
    other = replace(KOALA, code="harbour", hosts=("harbour.example",))
    open_storefront(draft=other, now=now())
    settings.ALLOWED_HOSTS = ["testserver", "harbour.example"]
    placed = ordered(shop, who)
    answer = who.client.post(f"/en/orders/{placed.number}/again/", headers={"host": "harbour.example"})
    assert answer.headers["Location"] == f"{settings.PUBLIC_URL}/en/basket/"
    assert [line.quantity for line in baskets.lines(buyer_id=who.id, storefront_id=shop.storefront.id)] == [1]


@pytest.mark.parametrize(
    ("refusal", "says", "says_not"),
    [
        (stock.CannotWait(), "Wait a moment", "do not do it again"),
        (paying.PaymentBusy(), "Wait a moment", "do not do it again"),
        (paying.ProviderSilent(), "do not do it again", "Wait a moment"),
    ],
)
def test_who_finds_us_busy_is_told_to_try_again_and_who_may_have_paid_to_look_first(
    rf: RequestFactory, refusal: Refusal, says: str, says_not: str
) -> None:
    with translation.override("en"):
        told = answer_to(rf.post("/en/checkout/"), refusal)
    text = told.content.decode()
    assert (told.status_code, told.headers["Retry-After"]) == (503, str(refusal.retry_after_s))
    assert refusal.message("en") in text and says in text and says_not not in text
