"""Ten thousand orders of a rush run out at once: their goods are soon on sale again."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import transaction

from entrepot.checkout import services, tasks
from entrepot.checkout.tests.makers import NOW, Shopper, World, bought, pay, shopper, world
from entrepot.checkout.types import Placed
from entrepot.kit import clock, sql
from entrepot.orders import selectors as orders
from entrepot.orders.types import OrderState
from entrepot.outbox.services import defer
from entrepot.outbox.testing import drain
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.tests.bank import Bank
from entrepot.payments.types import PaymentState
from entrepot.stock import services as stock
from entrepot.stock.tests.makers import stocked
from entrepot.stock.types import CustomsState

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=31)


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Bank:
    bank = Bank()
    bank.over(monkeypatch)
    monkeypatch.setattr(clock, "now", lambda: LATER)
    return bank


def some(count: int) -> tuple[World, Shopper, list[Placed]]:
    place, who = world({"coat": 1_000}, units=100), shopper()
    return place, who, [bought(place, who, {"coat": 1}) for _ in range(count)]


def went_to_pay(placed: Placed, who: Shopper) -> None:
    key = {"payment_id": placed.payment_id, "buyer_id": who.buyer_id}
    payment_verbs.open(**key, return_url="", notify_url="", payer=("张", "1"), now=NOW)


def states(who: Shopper, placed: list[Placed]) -> list[str]:
    found = [orders.order(order_id=one.order_id, buyer_id=who.buyer_id) for one in placed]
    return [order.state for order in found if order]


def waiting() -> list[dict[str, object]]:
    return sql.rows(
        "SELECT args ->> 'order_id' AS order_id, attempts, scheduled_at <= now() AS due FROM procrastinate_jobs"
        " WHERE task_name = 'checkout.expire' ORDER BY id"
    )


def fetched() -> dict[str, object]:
    return sql.rows("SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL)")[0]


def test_the_clock_takes_all_that_are_overdue_not_one_slice_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    some(5)
    monkeypatch.setattr(import_module("entrepot.checkout.services.expire"), "SWEEP_BATCH", 2)
    assert (services.sweep(now=LATER), services.sweep(now=LATER)) == (5, 0)


def test_a_provider_that_nobody_was_sent_to_is_not_asked(bank: Bank) -> None:
    _, who, (stayed, went) = some(2)
    went_to_pay(went, who)
    bank.down = True
    assert services.expire(order_id=stayed.order_id, buyer_id=who.buyer_id, now=LATER)
    payment = payments.payment(payment_id=stayed.payment_id, buyer_id=who.buyer_id)
    assert payment is not None and payment.state is PaymentState.FAILED
    with pytest.raises(payment_verbs.ProviderSilent):
        services.expire(order_id=went.order_id, buyer_id=who.buyer_id, now=LATER)


def test_what_was_reserved_and_could_not_be_taken_is_free_again_when_its_order_runs_out(
    bank: Bank,
) -> None:
    _, who, [placed] = some(1)
    went_to_pay(placed, who)
    bank.reserve(placed.payment_id)
    assert services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATER)
    drain()
    assert bank.facts[placed.payment_id].state is PaymentState.FAILED
    payment = payments.payment(payment_id=placed.payment_id, buyer_id=who.buyer_id)
    assert payment is not None and payment.state is PaymentState.FAILED
    assert payments.discrepancies() == []


def test_goods_that_come_back_go_before_what_customs_is_told() -> None:
    some(1)
    with transaction.atomic():
        defer(job="customs.send", lock=None, args={})
    services.sweep(now=LATER)
    names = []
    while (row := fetched())["id"] is not None:
        names.append(row["task_name"])
    assert names.index("checkout.expire") < names.index("customs.send")


def test_one_job_expires_those_that_wait_too(bank: Bank) -> None:
    _, who, placed = some(4)
    services.sweep(now=LATER)
    job = sql.json_value(fetched()["args"])
    tasks.expire(**job)
    assert states(who, placed) == [OrderState.CANCELLED] * 4
    assert [row["order_id"] for row in waiting()] == [job["order_id"]]  # it is ended by the worker


def test_whose_provider_is_silent_runs_again_alone_and_the_others_behind_it_too(bank: Bank) -> None:
    _, who, placed = some(4)
    services.sweep(now=LATER)
    job = sql.json_value(fetched()["args"])
    paying = next(one for one in placed[::-1] if str(one.order_id) != job["order_id"])
    went_to_pay(paying, who)
    bank.down = True
    tasks.expire(**job)
    left = [row for row in waiting() if row["order_id"] != job["order_id"]]
    assert [(row["attempts"], row["due"]) for row in left] == [(1, True)] * len(left)
    expected = {str(one.order_id) for one, state in zip(placed, states(who, placed), strict=True) if state == "placed"}
    assert {row["order_id"] for row in left} == expected
    assert str(paying.order_id) in expected


def test_goods_that_keep_too_short_a_time_by_now_do_not_make_a_late_payment_stand_again(bank: Bank) -> None:
    place, who = world({"coat": 1_000}, units=0), shopper()
    lot = {"lot": "SOON", "expires_on": NOW.date() + timedelta(days=20), "customs_state": CustomsState.BONDED}
    stocked(place.skus["coat"], place.bonded, 5, **lot)
    placed = bought(place, who, {"coat": 1})
    assert services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATER)
    stock.put_shelf_life(channel_id=place.shop.id, days=30, now=NOW)
    pay(placed, who.buyer_id, LATER)
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None
    assert (order.state, order.events[-1].note) == (OrderState.CANCELLED, "late_payment_refunded")
    assert sql.rows("SELECT count(*)::int AS n FROM procrastinate_jobs WHERE task_name = 'payments.give_back'") == [
        {"n": 1}
    ]


@pytest.mark.parametrize(("more", "note"), [(5, "late_payment"), (6, "late_payment_over_year")])
def test_a_late_payment_does_not_stand_again_above_its_persons_year(bank: Bank, more: int, note: str) -> None:
    """Of 26,000 yuan one order of 4,000 has room beside five others and not beside six."""
    place, who = world({"coat": 400_000}, units=10), shopper()
    placed = bought(place, who, {"coat": 1})
    assert services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATER)
    for _ in range(more):
        bought(place, who, {"coat": 1}, LATER)
    pay(placed, who.buyer_id, LATER)
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None
    assert order.events[-1].note == note
    assert order.state is (OrderState.PAID if note == "late_payment" else OrderState.CANCELLED)
    assert orders.discrepancies() == []
