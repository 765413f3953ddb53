"""Two verbs about one order at one moment, from threads: one wins, and goods and money are where the winner put them.

Each has a control that takes the condition out of the deciding write; there both win, and the books or the database
must show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import transaction

from entrepot.checkout import services
from entrepot.checkout.tasks import settle_captured
from entrepot.checkout.tests.makers import NOW, Shopper, World, bought, pay, shopper, world
from entrepot.checkout.tests.test_place import LATER, expire
from entrepot.checkout.types import Placed
from entrepot.customs.types import DeclarationState, News
from entrepot.identity.tests.makers import id_number
from entrepot.kit import sql
from entrepot.kit.tests.racing import PAUSE, WAIT_S, alone, meeting, racing, until_waiting
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState, ParcelState
from entrepot.outbox.types import Event
from entrepot.payments import selectors as payments
from entrepot.payments import services as paying
from entrepot.payments.tests.makers import told_captured
from entrepot.payments.types import Captured, PaymentState
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12
UNPAID_STILL = "AND state = %(before)s::text"


@pytest.fixture
def people() -> Iterator[Shopper]:
    return (shopper(number=id_number(sequence=1 + 2 * n)) for n in count())


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change the text of a statement, of orders mostly, so that it decides nothing and the others look before it."""

    def without(verb: str, *changes: tuple[str, str], context: str = "orders") -> None:
        careless = (load := sql.load)(context, verb)
        for old, new in changes:
            assert old in careless
            careless = careless.replace(old, new)
        monkeypatch.setattr(sql, "load", lambda *wanted: careless if wanted == (context, verb) else load(*wanted))

    return without


def read(placed: Placed, who: Shopper) -> Order:
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None
    return order


def claims(placed: Placed, place: World) -> list[str]:
    """The states of what the order ever held, but for what it gave back."""
    found = stock.claims_of(reference=placed.order_id, sku_ids=list(place.skus.values()))
    return [str(one["state"]) for one in found]


def refunds(key: str) -> int:
    ordered = "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'payments.give_back' AND args->>'key' LIKE %s"
    return len(sql.rows(ordered, (f"%{key}",)))


def agree() -> bool:
    return (stock.discrepancies(), orders.discrepancies(), payments.discrepancies()) == ([], [], [])


def unpaid_last_unit(place: World, people: Iterator[Shopper]) -> tuple[Placed, Shopper]:
    """An order for the unit that is left, whose payment the provider is not asked about any more."""
    who = next(people)
    placed = bought(place, who, {"coat": 1})
    sql.run("UPDATE payments_payment SET state = 'failed' WHERE id = %s", (placed.payment_id,))
    return placed, who


def how_it_ended(place: World, placed: Placed, who: Shopper, rival: Shopper) -> tuple[OrderState, bool]:
    """(How the paid order ends, whether goods and money are where that says.) The rival gives up what they got."""
    order, others = read(placed, who), orders.of_buyer(buyer_id=rival.buyer_id)
    payment = payments.payment(payment_id=placed.payment_id, buyer_id=who.buyer_id)
    assert payment is not None and payment.state is PaymentState.CAPTURED  # money was taken: that is never lost
    back, held = refunds(f"late:{placed.payment_id}"), claims(placed, place)
    if order.state is OrderState.PAID:
        right = (order.payment_id, held, back) == (placed.payment_id, ["open"], 0) and not others
    else:
        right = (order.state, held, back) == (OrderState.CANCELLED, [], 1) and len(others) == 1
    for other in others:
        services.cancel(order_id=other.id, buyer_id=rival.buyer_id, now=LATER)
    return order.state, right


def test_cancelling_and_the_notice_that_it_is_paid_do_not_wait_in_a_circle(people: Iterator[Shopper]) -> None:
    """The buyer cancels while the notice holds the payment: it is settled, and the buyer is told that it is paid."""
    place, who = world(units=1), next(people)
    placed = bought(place, who, {"coat": 1})
    payment = payments.payment(payment_id=placed.payment_id, buyer_id=who.buyer_id)
    assert payment is not None
    cancelling: list[Future[None]] = []

    def then(captured: Captured) -> None:
        cancel = partial(services.cancel, order_id=placed.order_id, buyer_id=who.buyer_id, now=NOW)
        cancelling.append(pool.submit(alone, cancel))
        until_waiting(1)
        services.settle(captured=captured, now=NOW)

    with ThreadPoolExecutor(1) as pool:
        told_captured(payment, NOW, then)
        with pytest.raises(services.CannotCancel):
            cancelling[0].result(WAIT_S)
    assert read(placed, who).state is OrderState.PAID
    assert agree()


def test_a_notice_whose_order_is_held_is_told_to_come_again(people: Iterator[Shopper]) -> None:
    place, who = world(units=1), next(people)
    placed = bought(place, who, {"coat": 1})
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        sql.rows("SELECT 1 FROM orders_order WHERE id = %s FOR UPDATE", (placed.order_id,))
        notice = pool.submit(alone, partial(pay, placed, who.buyer_id))
        with pytest.raises(paying.PaymentBusy):
            notice.result(WAIT_S)
    assert read(placed, who).state is OrderState.PLACED
    assert pay(placed, who.buyer_id).fresh
    assert read(placed, who).state is OrderState.PAID


def expiry_meets_payment(place: World, people: Iterator[Shopper]) -> tuple[OrderState, bool]:
    """The last unit's order expires, is paid, and somebody else wants the unit, at one moment."""
    (placed, who), rival = unpaid_last_unit(place, people), next(people)

    def late() -> object:
        return expire(placed, who.buyer_id)

    def paid() -> object:
        return pay(placed, who.buyer_id, LATER)

    def taken() -> object:
        return bought(place, rival, {"coat": 1}, LATER)

    racing((late, paid, taken))
    return how_it_ended(place, placed, who, rival)


def expiry_meets_capture(place: World, people: Iterator[Shopper], *, event: str) -> tuple[OrderState, bool]:
    """As `expiry_meets_payment`, but who captures settles nothing: the event does.

    It is handled `meanwhile`, `after`, or when somebody else has the unit (`too late`).
    """
    (placed, who), rival = unpaid_last_unit(place, people), next(people)

    def late() -> object:
        return expire(placed, who.buyer_id)

    def captured() -> object:
        return pay(placed, who.buyer_id, LATER, settling=False)

    def heard() -> object:
        return [settle_captured(one) for one in told(placed)]

    def taken() -> object:
        return bought(place, rival, {"coat": 1}, LATER)

    if event == "meanwhile":
        captured()
        racing((late, heard, taken))
    else:
        racing((late, captured, taken))
        if event == "too late" and not orders.of_buyer(buyer_id=rival.buyer_id):
            taken()
    heard()  # events are delivered at least once
    return how_it_ended(place, placed, who, rival)


def told(placed: Placed) -> list[Event]:
    """That it was captured, as the queue has it."""
    waiting = (
        "SELECT id, topic, aggregate_id, buyer_id, payload FROM outbox_event WHERE topic = %s AND aggregate_id = %s"
    )
    rows = sql.rows(waiting, ("payments.captured", placed.payment_id))
    return [Event(**{**row, "payload": sql.json_value(row["payload"])}) for row in rows]


def one_unit(place: World, lot: str) -> None:
    """Exactly one is free."""
    sku_id = place.skus["coat"]
    if not stock.available(sku_ids=[sku_id]).get(sku_id):
        stocked(sku_id, place.bonded, 1, lot=lot)


def test_when_expiry_meets_payment_either_the_order_stands_with_its_goods_or_the_money_goes_back(
    people: Iterator[Shopper],
) -> None:
    place = world(units=0)
    for n in range(ROUNDS):
        one_unit(place, f"L{n}")
        state, right = expiry_meets_payment(place, people)
        assert right and agree(), state


def test_control_where_an_order_turns_from_any_state_expiry_and_payment_both_win(
    people: Iterator[Shopper], unguarded: Callable[..., None]
) -> None:
    unguarded("turn", (UNPAID_STILL, f"AND {meeting(2)} IS NOT NULL"))
    place = world(units=1)
    _, right = expiry_meets_payment(place, people)
    assert not right


def test_when_expiry_meets_a_capture_whose_event_waits_the_order_stands_or_the_money_goes_back(
    people: Iterator[Shopper], unguarded: Callable[..., None]
) -> None:
    """Each time it is captured after expiry looked at the payment and before it cancels; then comes the event. Every
    second time the unit is sold before that."""
    unguarded("turn", (UNPAID_STILL, f"{UNPAID_STILL} AND {meeting(2)} IS NOT NULL"))
    unguarded("advance", (PAUSE, meeting(2)), context="payments")
    place = world(units=0)
    for n in range(ROUNDS):
        one_unit(place, f"L{n}")
        meeting(2)  # these two
        sold = n % 2 == 1
        state, right = expiry_meets_capture(place, people, event="too late" if sold else "after")
        assert right and agree(), state
        assert not sold or state is OrderState.CANCELLED


def test_when_expiry_meets_the_event_of_a_capture_the_order_stands(people: Iterator[Shopper]) -> None:
    place = world(units=0)
    for n in range(ROUNDS):
        one_unit(place, f"L{n}")
        assert expiry_meets_capture(place, people, event="meanwhile") == (OrderState.PAID, True)
        assert agree()


def test_control_where_an_order_turns_from_any_state_the_event_pays_for_goods_that_are_free(
    people: Iterator[Shopper], unguarded: Callable[..., None]
) -> None:
    unguarded("turn", (UNPAID_STILL, f"AND {meeting(2)} IS NOT NULL"))
    unguarded("advance", (PAUSE, meeting(2)), context="payments")
    assert expiry_meets_capture(world(units=1), people, event="after") == (OrderState.PAID, False)


def test_control_where_an_order_turns_from_any_state_what_its_event_has_paid_expires(
    people: Iterator[Shopper], unguarded: Callable[..., None]
) -> None:
    unguarded("turn", (UNPAID_STILL, f"AND {meeting(2)} IS NOT NULL"))
    assert expiry_meets_capture(world(units=1), people, event="meanwhile") == (OrderState.CANCELLED, False)


def calling_off_meets_release(place: World, people: Iterator[Shopper]) -> tuple[list[str], bool]:
    """A clerk gives a paid parcel up while customs releases it: what both came to, and whether all agrees."""
    who = next(people)
    placed = bought(place, who, {"coat": 1})
    pay(placed, who.buyer_id)
    [parcel] = read(placed, who).parcels
    key: dict[str, Any] = {"parcel_id": parcel.id, "order_id": parcel.order_id, "buyer_id": parcel.buyer_id}

    def off() -> object:
        return services.call_off(**key, actor="clerk", reason="test", now=LATER)

    def released() -> object:
        news = News(parcel.id, parcel.order_id, parcel.buyer_id, DeclarationState.RELEASED, "")
        return services.follow_customs(news=news, now=LATER)

    answers = racing((off, released))
    [parcel] = read(placed, who).parcels
    ended = (parcel.state, claims(placed, place), refunds(f"called_off:{parcel.id}"))
    gone, back = (ParcelState.RELEASED, ["shipped"], 0), (ParcelState.CANCELLED, [], 1)
    return answers, ended in (gone, back)


def test_when_calling_off_meets_release_goods_leave_or_money_goes_back_never_both(
    people: Iterator[Shopper],
) -> None:
    place = world(units=ROUNDS)
    for _ in range(ROUNDS):
        answers, right = calling_off_meets_release(place, people)
        assert right and agree(), answers


def test_control_where_a_parcel_moves_from_any_state_it_is_given_up_and_released(
    people: Iterator[Shopper], unguarded: Callable[..., None]
) -> None:
    met = f"AND id = %(order_id)s AND {meeting(2)} IS NOT NULL FOR UPDATE"
    unguarded("mark_parcel", ("AND p.state = ANY(%(before)s)", ""), ("AND id = %(order_id)s FOR UPDATE", met))
    answers, _ = calling_off_meets_release(world(units=1), people)
    assert "IntegrityError" in answers  # both pass; the year's books refuse the second
