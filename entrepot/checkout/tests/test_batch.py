"""Many orders in one transaction: each is answered for itself, whatever its neighbours are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from entrepot.basket import selectors as baskets
from entrepot.basket import services as basket
from entrepot.basket.tests.makers import filled
from entrepot.checkout import services
from entrepot.checkout.services.write import Answer
from entrepot.checkout.tests.makers import NOW, Shopper, World, quoted, request, shopper, shoppers, world
from entrepot.checkout.types import Placed
from entrepot.identity.tests.makers import id_number, real_name
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.orders.services import AllowanceMoved
from entrepot.payments import selectors as payments
from entrepot.stock import selectors as stock
from entrepot.stock import services as goods
from entrepot.stock.tests.makers import stocked, warehouse
from entrepot.stock.types import ON_SHELF, ClaimLine, ClaimWish, WarehouseKind
from tests.examples import many

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


def agreed(place: World, who: Shopper, wishes: Mapping[str, int] | None, **changes: object) -> services.Agreed:
    return services.agree(request=request(place, who, wishes, **changes), now=NOW)


def written(drafts: Sequence[services.Agreed]) -> list[Answer]:
    return list(services.place_many(batch=drafts).values())


def kinds(answers: Sequence[Answer]) -> list[str]:
    return [answer.code if not isinstance(answer, Placed) else "placed" for answer in answers]  # type: ignore[union-attr]


def left(place: World, name: str = "coat") -> int:
    sku_id = place.skus[name]
    return sum(one.quantity for one in stock.available(sku_ids=[sku_id]).get(sku_id, []))


def test_a_batch_takes_as_many_statements_as_one_order() -> None:
    place, buyers = world({"coat": 1_000, "bag": 2_000}, units=99), shoppers(33)
    alone, *batch = [agreed(place, who, {"coat": 1, "bag": 2}) for who in buyers]
    counts = []
    for drafts in ([alone], batch):
        with CaptureQueriesContext(connection) as seen:
            answers = written(drafts)
        assert kinds(answers) == ["placed"] * len(drafts)
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in seen.captured_queries))
    assert counts == [5, 5]  # how to plan; orders, what they rest on, payments, goods
    assert (left(place, "coat"), left(place, "bag")) == (99 - 33, 99 - 66)
    for one, answer in zip(batch, answers, strict=True):
        assert isinstance(answer, Placed)
        order = orders.order(order_id=answer.order_id, buyer_id=one.draft.buyer_id)
        assert order is not None
        assert (order.number, order.parcels) == (one.draft.number, one.draft.parcels)
        payment = payments.payment(payment_id=answer.payment_id, buyer_id=order.buyer_id)
        assert payment is not None
        assert (payment.order_id, payment.amount_minor) == (order.id, order.total_minor)
    assert len(sql.rows("SELECT 1 FROM outbox_event WHERE topic = 'orders.placed'")) == 33


def test_each_order_of_a_batch_is_answered_for_itself() -> None:
    place = world({"coat": 15_000, "bag": 9_000}, units=3)
    one, two, three, four, five, six = shoppers(6)
    before = agreed(place, one, {"coat": 1}, idempotency_key="mine")
    (first,) = written([before])
    again = agreed(place, one, {"coat": 1}, idempotency_key="mine")
    other = agreed(place, one, {"bag": 1}, idempotency_key="mine")
    two_left = agreed(place, two, {"coat": 2})
    too_late = agreed(place, three, {"coat": 1, "bag": 1})
    old_quote = agreed(place, four, {"bag": 1})
    good = agreed(place, five, {"bag": 2})
    poisoned = agreed(place, six, {"bag": 1})
    poisoned = replace(poisoned, draft=structs.replace(poisoned.draft, language="a language with a long name"))
    written([agreed(place, four, {"bag": 1})])
    answers = written([again, other, two_left, poisoned, too_late, old_quote, good])
    assert isinstance(first, Placed)
    assert answers[0] == replace(first, replayed=True)
    assert isinstance(answers[1], services.KeyReused)
    assert isinstance(answers[2], Placed)
    assert isinstance(answers[3], DataError)
    assert isinstance(answers[4], services.OutOfStock)
    (code,) = {line.sku_code for parcel in two_left.draft.parcels for line in parcel.lines}
    named = {"sku_id": str(place.skus["coat"]), "sku": code}
    assert answers[4].data["obstacles"][0]["data"] == {**named, "left": 0}
    assert isinstance(answers[5], AllowanceMoved)
    assert isinstance(answers[6], Placed)
    assert (left(place, "coat"), left(place, "bag")) == (0, 0)


def test_whoever_comes_first_is_served_first_and_whoever_gets_nothing_takes_nothing_away() -> None:
    place = world(units=5)
    many, some, more, few, rest = shoppers(5)
    drafts = [agreed(place, who, {"coat": n}) for who, n in ((many, 5), (some, 2), (more, 2), (few, 2), (rest, 1))]
    written([agreed(place, shopper(number=id_number(sequence=99)), {"coat": 1})])
    answers = written(drafts)
    assert kinds(answers) == ["out_of_stock", "placed", "placed", "out_of_stock", "out_of_stock"]
    lefts = [one.data["obstacles"][0]["data"]["left"] for one in answers if isinstance(one, services.OutOfStock)]
    assert lefts == [4, 0, 0]


def test_who_finds_a_warehouse_sold_out_by_its_neighbours_is_served_from_another() -> None:
    place = world(units=2, kinds=(WarehouseKind.BONDED, WarehouseKind.OVERSEAS))
    asked = [services.checked(request=request(place, who, {"coat": 1}), now=NOW) for who in shoppers(5)]
    answers = services.place_many(batch=asked)
    assert kinds(list(answers.values())) == ["placed"] * 4 + ["out_of_stock"]
    found = [orders.order(order_id=one.id, buyer_id=one.request.buyer_id) for one in asked[:4]]
    assert [order.parcels[0].warehouse_id for order in found if order] == [place.bonded] * 2 + [place.overseas] * 2


def test_a_batch_is_read_for_together_and_whatever_is_wrong_with_one_is_told_to_that_one() -> None:
    place, (one, two, three, four) = world({"coat": 1_000, "bag": 9_000}, units=9), shoppers(4)
    filled(two.buyer_id, {place.skus["bag"]: 2}, place.shop.id)
    requests = [
        request(place, one, {"coat": 1}),
        request(place, two, None),
        request(place, three, None),
        request(place, four, {"coat": 1}, address_id=new_id()),
        request(place, three, {"coat": 1}, real_name_id=one.real_name_id),
        request(place, four, {"coat": 99}),
        request(place, four, {"coat": 2}, expected_total_minor=1),
        request(place, three, {"bag": 1}),
    ]
    batch = [services.checked(request=asked, now=NOW) for asked in requests]
    quoted(place, {"coat": 1})  # shops, warehouses and rate books are known to a process that works
    with CaptureQueriesContext(connection) as seen:
        answers = services.place_many(batch=batch)
    assert kinds(list(answers.values())) == [
        "placed", "placed", "nothing_to_order", "not_found", "not_found", "out_of_stock", "price_changed", "placed",
    ]  # fmt: skip
    # basket, papers, articles, stock, prices, year; how to plan, order, what it rests on, payment, baskets, goods;
    # keys of the refused
    assert sum("SAVEPOINT" not in query["sql"] for query in seen.captured_queries) <= 13
    assert baskets.lines(buyer_id=two.buyer_id, storefront_id=place.shop.id) == []


def test_the_same_key_again_in_one_batch_is_answered_with_the_first() -> None:
    place, who = world(units=9), shopper()
    asked = [
        services.checked(request=request(place, who, {"coat": n}, idempotency_key="mine"), now=NOW) for n in (1, 1, 2)
    ]
    first, same, other = services.place_many(batch=asked).values()
    assert isinstance(first, Placed)
    assert same == replace(first, replayed=True)
    assert isinstance(other, services.KeyReused)
    assert left(place) == 8


def test_many_of_one_key_in_a_batch_cost_no_more_than_two() -> None:
    place, who = world(units=1), shopper()
    quoted(place, {"coat": 1})
    wanted = [request(place, who, {"coat": n}, idempotency_key=key) for n, key in ((1, "mine"), (9, "too many"))]
    counts = []
    for copies in (2, 30):
        batch = [services.checked(request=one, now=NOW) for one in wanted for _ in range(copies)]
        with transaction.atomic(), CaptureQueriesContext(connection) as seen:
            answers = kinds(list(services.place_many(batch=batch).values()))
            transaction.set_rollback(True)
        assert answers == ["placed"] * copies + ["out_of_stock"] * copies
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in seen.captured_queries))
    assert counts[0] == counts[1]


def test_two_orders_of_one_person_count_one_after_the_other() -> None:
    place, who, same = world({"coat": 15_000}), shopper(), shopper()
    first = agreed(place, who, {"coat": 1})
    counted = sum(parcel.allowance_minor for parcel in first.draft.parcels)
    knowing = agreed(place, same, {"coat": 1})
    knowing = replace(knowing, draft=structs.replace(knowing.draft, used_minor=counted))
    unknowing = agreed(place, who, {"coat": 1})
    answers = written([first, knowing, unknowing])
    assert kinds(answers) == ["placed", "placed", "allowance_moved"]
    assert orders.used_this_year(id_hashes=[first.draft.id_hash], at=NOW) == {first.draft.id_hash: 2 * counted}


def test_one_key_twice_in_a_batch_orders_once() -> None:
    place, who = world(), shopper()
    drafts = [agreed(place, who, {"coat": 1}, idempotency_key="once") for _ in range(3)]
    drafts[1] = replace(drafts[1], draft=structs.replace(drafts[1].draft, used_minor=15_000))
    answers = written(drafts)
    assert isinstance(answers[0], Placed)
    assert len(orders.search().orders) == 1
    retried = services.place(request=request(place, who, {"coat": 1}, idempotency_key="once"), now=NOW)
    assert retried == replace(answers[0], replayed=True)


def test_baskets_are_emptied_of_what_was_placed_only() -> None:
    place = world({"coat": 15_000, "bag": 9_000}, units=1)
    one, two = shoppers(2)
    for who in (one, two):
        filled(who.buyer_id, {place.skus["coat"]: 1}, place.shop.id)
    drafts = [agreed(place, who, None) for who in (one, two)]
    filled(one.buyer_id, {place.skus["bag"]: 1}, place.shop.id)
    assert kinds(written(drafts)) == ["placed", "out_of_stock"]

    def kept(who: Shopper) -> list[object]:
        return [line.sku_id for line in baskets.lines(buyer_id=who.buyer_id, storefront_id=place.shop.id)]

    assert (kept(one), kept(two)) == ([place.skus["bag"]], [place.skus["coat"]])


def test_one_basket_is_ordered_once_whatever_keys_it_is_sent_under() -> None:
    place, who = world(units=9), shopper()
    filled(who.buyer_id, {place.skus["coat"]: 2}, place.shop.id)
    sent = [request(place, who, None) for _ in range(3)]
    other = real_name(who.buyer_id, name="李四", number=id_number(sequence=3))  # else the year's use tells it
    late = services.agree(request=replace(sent[2], real_name_id=other), now=NOW)
    asked = [services.checked(request=one, now=NOW) for one in sent[:2]]
    assert kinds(list(services.place_many(batch=asked).values())) == ["placed", "nothing_to_order"]
    assert kinds(written([late])) == ["basket_moved"]
    assert left(place) == 7


def test_a_basket_that_was_lessened_meanwhile_is_ordered_as_it_is_now() -> None:
    place, who = world(units=9), shopper()
    filled(who.buyer_id, {place.skus["coat"]: 3}, place.shop.id)
    write = services.begin_many([services.checked(request=request(place, who, None), now=NOW)])
    basket.put(buyer_id=who.buyer_id, storefront_id=place.shop.id, sku_id=place.skus["coat"], quantity=1, now=NOW)
    assert kinds(list(write().values())) == ["placed"]
    assert left(place) == 8


@settings(max_examples=many(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    units=st.tuples(*[st.integers(1, 6)] * 3),
    wishes=st.lists(st.dictionaries(st.integers(0, 2), st.integers(1, 4), min_size=1), min_size=1, max_size=8),
)
def test_a_batch_of_claims_is_served_as_if_one_came_after_the_other(
    units: tuple[int, ...], wishes: list[dict[int, int]]
) -> None:
    place = warehouse("NGB9", WarehouseKind.BONDED)
    skus = [new_id() for _ in units]
    for sku_id, n in zip(skus, units, strict=True):
        for lot in range(n):  # a lot of one unit each, so that lines are put together from several
            stocked(sku_id, place, 1, lot=str(lot), customs_state=ON_SHELF[WarehouseKind.BONDED])
    free, served = dict(enumerate(units)), []
    for wish in wishes:
        served.append(all(free[i] >= n for i, n in wish.items()))
        for i, n in wish.items():
            free[i] -= n if served[-1] else 0
    asked = [
        ClaimWish(new_id(), new_id(), tuple(ClaimLine(new_id(), skus[i], place, n) for i, n in wish.items()), NOW)
        for wish in wishes
    ]
    waiting, held = asked, None
    while waiting and held is None:
        try:
            with transaction.atomic():
                held = goods.claim_many(wishes=waiting, now=NOW)
        except goods.OutOfStock as short:
            refused = {line["reference"] for line in short.data["lines"]}
            assert refused
            waiting = [one for one in waiting if str(one.reference) not in refused]
    assert [one in waiting for one in asked] == served
    found = stock.available(sku_ids=skus)
    assert [sum(one.quantity for one in found.get(sku_id, [])) for sku_id in skus] == list(free.values())
    assert stock.discrepancies() == []
