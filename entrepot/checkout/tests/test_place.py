"""Placing, paying, expiring: against the real catalogue, tariff, stock and payments; only the provider is played."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from entrepot.basket import selectors as baskets
from entrepot.basket.tests.makers import filled
from entrepot.basket.types import LINES_MAX
from entrepot.catalogue.tests.makers import make_product
from entrepot.checkout import selectors, services
from entrepot.checkout.tests.makers import NOW, World, bought, pay, quoted, request, shopper, world
from entrepot.checkout.types import Placed, Wish
from entrepot.identity import selectors as identity
from entrepot.identity.tests.makers import address, buyer, id_number, real_name
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.kit.tests.racing import at_once, outcomes
from entrepot.orders import selectors as orders
from entrepot.orders.types import PARCELS_MAX, Order, OrderState, ParcelState
from entrepot.payments import selectors as payments
from entrepot.payments import services as payment_verbs
from entrepot.payments.tests.bank import Bank
from entrepot.payments.types import PaymentState
from entrepot.pricing.tests.makers import priced
from entrepot.stock import selectors as stock
from entrepot.stock import services as goods
from entrepot.stock.tests.makers import claimed, stocked, warehouse
from entrepot.stock.types import ON_SHELF, CustomsState, WarehouseKind
from entrepot.tariff.types import wire

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


def read(placed: Placed, buyer_id: UUID) -> Order:
    order = orders.order(order_id=placed.order_id, buyer_id=buyer_id)
    assert order is not None
    return order


def left(place: World, name: str = "coat") -> int:
    return sum(one.quantity for one in stock.available(sku_ids=[place.skus[name]]).get(place.skus[name], []))


def told(topic: str) -> int:
    return len(sql.rows("SELECT 1 FROM outbox_event WHERE topic = %s", (topic,)))


def placed_orders() -> int:
    return len(orders.search().orders)


def expire(placed: Placed, buyer_id: UUID) -> bool:
    """As the worker would, with a provider that never heard of the payment."""
    sql.run("UPDATE payments_payment SET state = 'failed' WHERE id = %s AND state = 'pending'", (placed.payment_id,))
    return services.expire(order_id=placed.order_id, buyer_id=buyer_id, now=LATER)


def test_an_order_holds_its_goods_asks_for_its_money_and_is_told() -> None:
    place, who = world({"coat": 15_000}), shopper()
    quote = quoted(place, {"coat": 2})
    placed = bought(place, who, {"coat": 2}, expected_total_minor=quote.total_minor)
    order = read(placed, who.buyer_id)
    assert (order.number, order.total_minor) == (placed.number, placed.total_minor)
    assert order.number.startswith("KL261121")
    answer = quote.parcels[0].answer
    assert answer is not None
    assert selectors.explanations(order=order) == {order.parcels[0].id: wire.render(answer)}
    assert order.parcels[0].lines[0].hs_code == "6201401000"
    assert str(order.parcels[0].lines[0].quantity2) == "1.60000"
    assert left(place) == 8
    payment = payments.payment(payment_id=placed.payment_id, buyer_id=who.buyer_id)
    assert payment is not None
    assert (payment.amount_minor, payment.state) == (order.total_minor, PaymentState.PENDING)
    assert [one.number for one in payment.splits] == [parcel.number for parcel in order.parcels]
    assert told("orders.placed") == 1
    assert order.pay_until == NOW + timedelta(minutes=30)


def test_the_same_key_gives_the_same_answer_and_orders_once() -> None:
    place, who = world(units=1), shopper()
    asked = request(place, who, {"coat": 1})
    first = services.place(request=asked, now=NOW)
    again = services.place(request=asked, now=LATER)
    assert again == replace(first, replayed=True)
    assert placed_orders() == 1
    with pytest.raises(services.KeyReused):
        services.place(request=replace(asked, wishes=(Wish(place.skus["coat"], 2),)), now=NOW)
    other = shopper(number=id_number(sequence=3))
    with pytest.raises(services.OutOfStock):  # another buyer's key is another key
        services.place(request=replace(asked, **_papers(other)), now=NOW)


def _papers(who: object) -> dict[str, object]:
    return {name: getattr(who, name) for name in ("buyer_id", "address_id", "real_name_id")}


def test_a_refused_order_leaves_nothing_and_its_key_is_free() -> None:
    place, who = world(units=1), shopper()
    asked = request(place, who, {"coat": 2})
    with pytest.raises(services.OutOfStock) as refusal:
        services.place(request=asked, now=NOW)
    assert refusal.value.data["obstacles"][0]["data"]["left"] == 1
    assert placed_orders() == 0
    assert sql.rows("SELECT 1 FROM payments_payment") == []
    assert told("orders.placed") == 0
    services.place(request=replace(asked, wishes=(Wish(place.skus["coat"], 1),)), now=NOW)


def test_what_the_buyer_did_not_see_is_not_ordered() -> None:
    place, who = world({"coat": 15_000}), shopper()
    quote = quoted(place, {"coat": 1})
    priced({place.skus["coat"]: 16_000}, now=NOW + timedelta(minutes=1))
    asked = request(place, who, {"coat": 1}, expected_total_minor=quote.total_minor)
    with pytest.raises(services.PriceChanged) as refusal:
        services.place(request=asked, now=NOW + timedelta(minutes=2))
    assert refusal.value.data["total_minor"] > quote.total_minor
    with pytest.raises(services.NoticeNotAccepted):
        services.place(request=replace(asked, notice_accepted=False), now=NOW)
    for key in ("", "k" * 101, "a\0b"):
        with pytest.raises(services.KeyInvalid):
            services.place(request=replace(asked, idempotency_key=key), now=NOW)


def test_foreign_papers_are_not_found() -> None:
    place, who, stranger = world(), shopper(), buyer()
    asked = request(place, who, {"coat": 1})
    for wrong in (
        {"address_id": address(stranger)},
        {"real_name_id": real_name(stranger)},
        {"storefront_id": new_id()},
        {"wishes": (Wish(new_id(), 1),)},
    ):
        with pytest.raises(NotFound):
            services.place(request=replace(asked, **wrong), now=NOW)
    assert left(place) == 10


def test_what_may_not_be_sold_is_refused_by_name() -> None:
    place, who = world(), shopper()
    bare = make_product("bare").skus[0].id
    asked = request(place, who, {"coat": 1})
    with pytest.raises(services.NotSellable) as refusal:
        services.place(request=replace(asked, wishes=(Wish(bare, 1), Wish(place.skus["coat"], 99))), now=NOW)
    assert {one["code"] for one in refusal.value.data["obstacles"]} >= {"not_classified", "no_price", "out_of_stock"}
    assert "定价" in refusal.value.message("zh-hans")
    with pytest.raises(services.NothingToOrder):
        services.place(request=replace(asked, wishes=()), now=NOW)


def test_the_basket_is_ordered_and_what_was_ordered_leaves_it() -> None:
    place, who = world({"coat": 15_000, "bag": 9_000}), shopper()
    with pytest.raises(services.NothingToOrder):
        services.place(request=request(place, who, None), now=NOW)
    filled(who.buyer_id, {place.skus["coat"]: 2}, place.shop.id)
    asked = request(place, who, None)
    placed = services.place(request=asked, now=NOW)
    assert read(placed, who.buyer_id).parcels[0].lines[0].quantity == 2
    assert baskets.lines(buyer_id=who.buyer_id, storefront_id=place.shop.id) == []
    assert services.place(request=asked, now=NOW).replayed


def test_above_the_single_limit_the_order_is_refused_with_the_way_to_split() -> None:
    place, who = world({"coat": 300_000}), shopper()
    with pytest.raises(services.OverLimit) as refusal:
        bought(place, who, {"coat": 2})
    assert "请分成 2 个订单" in refusal.value.message("zh-hans")
    assert "2 orders" in refusal.value.message("en")
    for _ in range(2):
        bought(place, who, {"coat": 1})


def test_the_annual_limit_counts_one_person_over_all_accounts_and_is_free_again_after_cancelling() -> None:
    place = world({"coat": 500_000}, units=20)
    one, same_person, other = shopper(), shopper(), shopper(number=id_number(sequence=7))
    orders_of_one = [bought(place, one, {"coat": 1}) for _ in range(5)]
    with pytest.raises(services.OverLimit) as refusal:
        bought(place, same_person, {"coat": 1})
    third = read(orders_of_one[2], one.buyer_id)
    told = str(selectors.explanations(order=third)) + str(third.parcels[0].asked)
    assert "26000.00" in told and "10000.00" not in told  # nor with the order: staff of many kinds read it
    assert refusal.value.data["obstacles"][0]["code"] == "over_annual_limit"
    assert "26" in refusal.value.message("en")
    told = f"{refusal.value.data} {refusal.value.message('en')} {refusal.value.message('zh-hans')}"
    assert "25000" not in told and "used_this_year" not in told  # whoever typed the number need not be the person
    bought(place, other, {"coat": 1})
    services.cancel(order_id=orders_of_one[0].order_id, buyer_id=one.buyer_id, now=NOW)
    bought(place, same_person, {"coat": 1})
    bought(place, one, {"coat": 1}, now=NOW.replace(year=2027, month=1))


def test_paying_settles_the_order_once_however_often_it_is_told() -> None:
    place, who = world(), shopper()
    placed = bought(place, who, {"coat": 1})
    captured = pay(placed, who.buyer_id)
    assert captured.fresh
    for _ in range(2):
        assert not services.settle(captured=captured, now=LATER)
    order = read(placed, who.buyer_id)
    assert (order.state, order.payment_id, told("orders.paid")) == (OrderState.PAID, placed.payment_id, 1)
    assert not services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATER)
    with pytest.raises(services.CannotCancel):
        services.cancel(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATER)


def test_an_unpaid_order_gives_its_goods_back() -> None:
    place, who = world(), shopper()
    placed = bought(place, who, {"coat": 4})
    assert not services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=NOW + timedelta(minutes=30))
    assert left(place) == 6
    assert expire(placed, who.buyer_id)
    assert not expire(placed, who.buyer_id)
    assert left(place) == 10
    assert read(placed, who.buyer_id).events[-1].note == "unpaid"


def test_who_has_paid_keeps_the_order_though_nobody_has_told_it_yet() -> None:
    """A notice that was lost, a query that captured, and the order's time is over before the event is handled."""
    place, who = world(), shopper()
    placed = bought(place, who, {"coat": 1})
    captured = pay(placed, who.buyer_id, settling=False)
    assert not services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATER)
    assert not services.settle(captured=captured, now=LATER)  # then the event comes
    order = read(placed, who.buyer_id)
    assert (order.state, left(place), told("orders.paid")) == (OrderState.PAID, 9, 1)


def test_a_provider_that_names_another_sum_does_not_hold_the_goods_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    bank, place, who = Bank(), world(), shopper()
    bank.over(monkeypatch)
    placed = bought(place, who, {"coat": 1})
    key = {"payment_id": placed.payment_id, "buyer_id": who.buyer_id}
    payment_verbs.open(**key, return_url="", notify_url="", payer=("张", "1"), now=NOW)
    bank.pay(placed.payment_id, NOW)
    bank.facts[placed.payment_id] = replace(bank.facts[placed.payment_id], amount_minor=1)
    with pytest.raises(payment_verbs.AmountDiffers):
        services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATER)
    assert left(place) == 9
    much_later = LATER + timedelta(minutes=30)
    assert services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=much_later)
    assert left(place) == 10


def test_what_the_buyer_has_cancelled_cannot_be_paid() -> None:
    place, who = world(), shopper()
    placed = bought(place, who, {"coat": 1})
    begun = {"buyer_id": who.buyer_id, "payment_id": placed.payment_id, "now": NOW}
    assert payment_verbs.begin(**begun).id == placed.payment_id
    services.cancel(order_id=placed.order_id, buyer_id=who.buyer_id, now=NOW)
    with pytest.raises(payment_verbs.PaymentClosed):
        payment_verbs.begin(**begun)


def test_the_clock_finds_overdue_orders_once_each() -> None:
    place, who = world({"coat": 1_000}), shopper()
    bought(place, who, {"coat": 1})
    pay(bought(place, who, {"coat": 1}), who.buyer_id)
    assert services.sweep(now=NOW + timedelta(minutes=29)) == 0
    assert services.sweep(now=LATER) == 1
    assert services.sweep(now=LATER) == 0


def test_a_late_payment_brings_the_order_back_if_its_goods_are_still_there() -> None:
    place, who = world(units=1), shopper()
    placed = bought(place, who, {"coat": 1})
    assert expire(placed, who.buyer_id)
    pay(placed, who.buyer_id, LATER)
    order = read(placed, who.buyer_id)
    assert (order.state, order.events[-1].note, told("orders.paid")) == (OrderState.PAID, "late_payment", 1)
    assert left(place) == 0


def test_a_late_payment_for_goods_that_are_gone_goes_back_and_the_timeline_says_so() -> None:
    place, who = world(units=1), shopper()
    placed = bought(place, who, {"coat": 1})
    assert expire(placed, who.buyer_id)
    gone, _ = claimed(place.skus["coat"], place.bonded, 1)
    captured = pay(placed, who.buyer_id, LATER)
    order = read(placed, who.buyer_id)
    assert (order.state, order.events[-1].note) == (OrderState.CANCELLED, "late_payment_refunded")
    assert refunds_ordered() == [str(placed.payment_id)]
    goods.release(reference=gone, sku_ids=[place.skus["coat"]], now=LATER)
    assert not services.settle(captured=captured, now=LATER)  # goods are back, but the money is on its way already
    assert read(placed, who.buyer_id).state is OrderState.CANCELLED
    assert told("orders.paid") == 0


def refunds_ordered() -> list[str]:
    found = sql.rows("SELECT args->>'payment_id' AS id FROM procrastinate_jobs WHERE task_name = 'payments.give_back'")
    return [row["id"] for row in found]


def test_a_second_payment_of_the_same_order_goes_back() -> None:
    place, who = world(), shopper()
    placed = bought(place, who, {"coat": 1})
    captured = pay(placed, who.buyer_id)
    second = replace(captured, payment=replace(captured.payment, id=new_id()))
    assert not services.settle(captured=second, now=NOW)
    assert refunds_ordered() == [str(second.payment.id)]
    assert read(placed, who.buyer_id).payment_id == placed.payment_id


def test_a_clerk_calls_a_held_parcel_off() -> None:
    place, who = world({"coat": 15_000, "bag": 9_000}, units=0), shopper()
    stocked(place.skus["coat"], place.bonded, 5)
    stocked(place.skus["bag"], place.overseas, 5, customs_state=CustomsState.RELEASED)
    placed = bought(place, who, {"coat": 1, "bag": 1})
    key = {"order_id": placed.order_id, "buyer_id": who.buyer_id, "actor": "clerk", "reason": "no", "now": LATER}
    parcel = read(placed, who.buyer_id).parcels[1]
    with pytest.raises(services.CannotCallOff):
        services.call_off(parcel_id=parcel.id, **key)
    pay(placed, who.buyer_id)
    with pytest.raises(services.ReasonMissing):
        services.call_off(parcel_id=parcel.id, **{**key, "reason": " "})
    services.call_off(parcel_id=parcel.id, **key)
    with pytest.raises(services.CannotCallOff):
        services.call_off(parcel_id=parcel.id, **key)
    with pytest.raises(NotFound):
        services.call_off(parcel_id=new_id(), **key)
    assert (left(place, "coat"), left(place, "bag")) == (4, 5)
    assert refunds_ordered() == [str(placed.payment_id)]
    states = {one.id: one.state for one in read(placed, who.buyer_id).parcels}
    assert states[parcel.id] is ParcelState.CANCELLED
    assert list(states.values()).count(ParcelState.PAID) == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_eight_times_at_once_orders_the_last_unit_once() -> None:
    place, who = world(units=1), shopper()
    asked = request(place, who, {"coat": 1})
    answers = at_once([partial(services.place, request=asked, now=NOW)] * 8)
    assert len({answer.order_id for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    assert placed_orders() == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_ordering_eight_times_at_once_stays_inside_the_annual_limit() -> None:
    place = world({"coat": 500_000}, units=20)
    people = [shopper() for _ in range(8)]
    told = outcomes([partial(bought, place, who, {"coat": 1}) for who in people])
    assert told == {"done": 5, "over_limit": 3}
    id_hash = identity.id_hash(record_id=people[0].real_name_id, buyer_id=people[0].buyer_id)
    assert orders.used_this_year(id_hashes=[id_hash], at=NOW) == {id_hash: 5 * 500_000}


@pytest.mark.django_db(transaction=True)
def test_twelve_buyers_ordering_the_last_unit_at_once_make_one_order() -> None:
    place = world(units=1)
    asked = [request(place, shopper(number=id_number(sequence=100 + i)), {"coat": 1}) for i in range(12)]
    told = outcomes([partial(services.place, request=one, now=NOW) for one in asked])
    assert told == {"done": 1, "out_of_stock": 11}
    assert placed_orders() == 1
    assert len(sql.rows("SELECT 1 FROM payments_payment")) == 1


def test_a_full_basket_whose_articles_lie_one_by_one_in_many_warehouses_is_ordered() -> None:
    socks = {f"sock-{n}": 1_000 for n in range(LINES_MAX)}
    place, who = world(socks, units=1), shopper()
    for n in range(2, 6):
        house = warehouse(f"NGB{n}", WarehouseKind.BONDED)
        for sku_id in place.skus.values():
            stocked(sku_id, house, 1, customs_state=CustomsState.BONDED)
    placed = bought(place, who, dict.fromkeys(socks, 5))
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None
    assert [len(parcel.lines) for parcel in order.parcels] == [LINES_MAX] * 5


def test_goods_from_more_warehouses_than_an_order_has_parcels_are_told_so() -> None:
    place, who = world({"coat": 1_000}, units=0), shopper()
    for n in range(PARCELS_MAX + 1):
        at = warehouse(f"MI{n}", WarehouseKind.OVERSEAS)
        stocked(place.skus["coat"], at, 1, customs_state=ON_SHELF[WarehouseKind.OVERSEAS])
    with pytest.raises(services.CannotPlace) as refused:
        bought(place, who, {"coat": PARCELS_MAX + 1})
    (told,) = refused.value.data["obstacles"]
    assert (told["code"], told["data"]["limit"]) == ("too_many_parcels", PARCELS_MAX)
    placed = bought(place, who, {"coat": PARCELS_MAX})
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None and len(order.parcels) == PARCELS_MAX
