"""Partial orders: of what is short what is there is placed, and only that is counted, charged and taken anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.basket import selectors as baskets
from entrepot.basket.tests.makers import filled
from entrepot.catalogue.tests.makers import make_product
from entrepot.checkout import services
from entrepot.checkout.tests.makers import NOW, Shopper, World, bought, quoted, request, shopper, shoppers, world
from entrepot.checkout.types import Placed
from entrepot.kit import sql
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order
from entrepot.payments import selectors as payments
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as sales
from entrepot.pricing.tests.makers import on_sale, priced
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import claimed, stocked
from entrepot.stock.types import ON_SHELF, WarehouseKind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]


def left(place: World, name: str = "coat") -> int:
    return sum(one.quantity for one in stock.available(sku_ids=[place.skus[name]]).get(place.skus[name], []))


def emptied(place: World, name: str, units: int) -> None:
    """So many units of it are held by somebody."""
    claimed(place.skus[name], place.bonded, units)


def read(placed: Placed, who: Shopper) -> Order:
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None
    return order


def placed_units(order: Order, place: World) -> dict[str, int]:
    names = {sku_id: name for name, sku_id in place.skus.items()}
    return {names[line.sku_id]: line.quantity for parcel in order.parcels for line in parcel.lines}


def told(placed: Placed) -> list[tuple[str, int, int, str | None]]:
    return [(line.sku_code, line.wished, line.placed, line.reason) for line in placed.wished]


def kinds(answers: Sequence[object]) -> list[str]:
    return ["placed" if isinstance(one, Placed) else str(getattr(one, "code", one)) for one in answers]


def together(place: World, wanted: Sequence[tuple[Shopper, Mapping[str, int], Mapping[str, Any]]]) -> list[object]:
    batch = [services.checked(request=request(place, who, wishes, **more), now=NOW) for who, wishes, more in wanted]
    return list(services.place_many(batch=batch).values())


def test_what_is_there_is_placed_as_if_nothing_else_had_been_asked() -> None:
    place, who = world({"coat": 15_000, "bag": 9_000, "hat": 5_000}, units=4), shopper()
    emptied(place, "bag", 4)
    emptied(place, "hat", 1)
    wishes = {"coat": 2, "bag": 1, "hat": 5}
    with pytest.raises(services.OutOfStock):
        bought(place, who, wishes)
    alone = quoted(place, {"coat": 2, "hat": 3})
    asked = request(place, who, wishes, partial=True)
    placed = services.place(request=asked, now=NOW)
    assert told(placed) == [
        ("coat-M", 2, 2, None),
        ("bag-M", 1, 0, "out_of_stock"),
        ("hat-M", 5, 3, "out_of_stock"),
    ]
    assert [(line.zh, line.en) for line in placed.wished] == [
        ("", ""),
        ("未下单：已售罄", "Not ordered: sold out"),
        ("仅下单 3 件（想购 5 件）：库存不足", "3 of 5 ordered: no more in stock"),
    ]
    order = read(placed, who)
    assert (order.wished, len(order.left_out)) == (placed.wished, 2)
    assert placed_units(order, place) == {"coat": 2, "hat": 3}
    assert (order.total_minor, sum(one.tax_minor for one in order.parcels)) == (alone.total_minor, alone.tax_minor)
    assert [left(place, name) for name in ("coat", "bag", "hat")] == [2, 0, 0]
    payment = payments.payment(payment_id=placed.payment_id, buyer_id=who.buyer_id)
    assert payment is not None
    assert payment.amount_minor == alone.total_minor
    id_hash, used = next(iter(sql.rows("SELECT id_hash, used_minor FROM orders_annualuse"))).values()
    assert id_hash is not None
    assert used == alone.goods_minor + alone.freight_minor
    assert services.place(request=asked, now=NOW) == replace(placed, replayed=True)
    with pytest.raises(services.KeyReused):
        services.place(request=replace(asked, partial=False), now=NOW)


def test_a_key_that_placed_a_whole_order_is_refused_for_a_partial_one() -> None:
    place, who = world({"coat": 1_000}), shopper()
    asked = request(place, who, {"coat": 1})
    services.place(request=asked, now=NOW)
    with pytest.raises(services.KeyReused):
        services.place(request=replace(asked, partial=True), now=NOW)


def test_where_nothing_is_short_a_partial_order_is_like_any_other() -> None:
    place, who = world({"coat": 15_000, "bag": 9_000}), shopper()
    total = quoted(place, {"coat": 1, "bag": 1}).total_minor
    placed = bought(place, who, {"coat": 1, "bag": 1}, partial=True, expected_total_minor=total)
    assert told(placed) == [("coat-M", 1, 1, None), ("bag-M", 1, 1, None)]
    assert read(placed, who).left_out == ()
    priced({place.skus["coat"]: 14_000}, now=NOW)
    for partial in (False, True):  # cheaper than the buyer saw, and not for want of goods: shown first
        with pytest.raises(services.PriceChanged):
            bought(place, who, {"coat": 1, "bag": 1}, partial=partial, expected_total_minor=total)


def test_nothing_left_at_all_is_out_of_stock_and_writes_nothing() -> None:
    place, who = world({"coat": 15_000, "bag": 9_000}, units=1), shopper()
    for name in place.skus:
        emptied(place, name, 1)
    with pytest.raises(services.OutOfStock) as refusal:
        bought(place, who, {"coat": 2, "bag": 1}, partial=True)
    assert [one["data"]["left"] for one in refusal.value.data["obstacles"]] == [0, 0]
    assert orders.search().orders == ()


def test_what_is_refused_for_anything_but_stock_is_refused_whole() -> None:
    place = world({"coat": 15_000, "bag": 9_000, "fur": 300_000}, units=4)
    bare = make_product("bare").skus[0].id  # in no warehouse, and may not be sold: that is what is told
    emptied(place, "bag", 3)
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=10_000, units=2, limit=9, admit_per_s=5)
    who = shopper()
    wanted = request(place, who, {"coat": 1, "bag": 2}, partial=True)
    with pytest.raises(services.NotAdmitted):
        services.place(request=wanted, now=NOW)
    with pytest.raises(services.SoldOutAtPrice) as refusal:
        bought(place, who, {"coat": 3, "bag": 2}, partial=True)
    assert [one["code"] for one in refusal.value.data["obstacles"]] == ["sold_out_at_price"]
    with pytest.raises(services.OverLimit):
        bought(place, who, {"fur": 2, "bag": 2}, partial=True)
    place = replace(place, skus={**place.skus, "bare": bare})
    with pytest.raises(services.NotSellable):
        bought(place, who, {"bag": 2, "bare": 1}, partial=True)
    assert [one.items[0].left for one in pricing.sales(storefront_id=sale.storefront_id, since=NOW)] == [2]
    assert left(place, "bag") == 1


def test_limits_are_those_of_what_is_really_sold() -> None:
    place, (who, other) = world({"fur": 300_000, "hat": 5_000}, units=3), shoppers(2)
    emptied(place, "fur", 2)
    sales.set_limit(sku_id=place.skus["hat"], quantity=3, days=30, actor="tests", now=NOW)
    placed = bought(place, who, {"fur": 2, "hat": 3}, partial=True)  # two of them would be above the single limit
    assert placed_units(read(placed, who), place) == {"fur": 1, "hat": 3}
    with pytest.raises(services.OverLimit) as refusal:
        stocked(place.skus["hat"], place.bonded, 9, customs_state=ON_SHELF[WarehouseKind.BONDED])
        bought(place, other, {"hat": 4}, partial=True)
    assert refusal.value.data["obstacles"][0]["code"] == "purchase_limit"


def test_a_flash_sale_and_a_purchase_limit_count_only_what_was_placed() -> None:
    place, who = world({"coat": 15_000, "bag": 9_000}, units=5), shopper()
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=10_000, units=5, limit=5)
    sales.set_limit(sku_id=place.skus["bag"], quantity=5, days=30, actor="tests", now=NOW)
    for name in place.skus:
        emptied(place, name, 3)
    placed = bought(place, who, {"coat": 4, "bag": 5}, partial=True)
    assert placed_units(read(placed, who), place) == {"coat": 2, "bag": 2}
    assert [one.items[0].left for one in pricing.sales(storefront_id=sale.storefront_id, since=NOW)] == [3]
    stocked(place.skus["bag"], place.bonded, 9, customs_state=ON_SHELF[WarehouseKind.BONDED])
    bought(place, who, {"bag": 3})  # the limit is 5, and 2 were taken
    with pytest.raises(services.OverLimit):
        bought(place, who, {"bag": 1})


def test_only_what_was_placed_leaves_the_basket() -> None:
    place, who = world({"coat": 15_000, "bag": 9_000, "hat": 5_000}, units=2), shopper()
    emptied(place, "bag", 2)
    filled(who.buyer_id, {place.skus["coat"]: 5, place.skus["bag"]: 1, place.skus["hat"]: 1}, place.shop.id)
    placed = services.place(request=request(place, who, None, partial=True), now=NOW)
    assert placed_units(read(placed, who), place) == {"coat": 2, "hat": 1}
    rest = {line.sku_id: line.quantity for line in baskets.lines(buyer_id=who.buyer_id, storefront_id=place.shop.id)}
    assert rest == {place.skus["coat"]: 3, place.skus["bag"]: 1}


def test_a_total_that_the_buyer_has_seen_is_never_exceeded() -> None:
    place, who = world({"coat": 15_000, "bag": 9_000}, units=3), shopper()
    wishes = {"coat": 3, "bag": 1}
    whole, part = quoted(place, wishes).total_minor, quoted(place, {"coat": 1, "bag": 1}).total_minor
    emptied(place, "coat", 2)
    with pytest.raises(services.PriceChanged) as refusal:
        bought(place, who, wishes, partial=True, expected_total_minor=part - 1)
    assert refusal.value.data == {"expected_minor": part - 1, "total_minor": part}
    assert bought(place, who, wishes, partial=True, expected_total_minor=whole).total_minor == part < whole


def test_where_less_costs_more_freight_it_is_refused_rather_than_charged() -> None:
    """Freight is free from 199 yuan: of 20 coats for 10 yuan, 19 would come with freight."""
    place, (who, other) = world({"coat": 995}, units=20), shoppers(2)
    total = quoted(place, {"coat": 20}).total_minor
    drafts = [
        services.agree(request=request(place, who, {"coat": n}, **more), now=NOW)
        for who, n, more in ((other, 1, {}), (who, 20, {"partial": True, "expected_total_minor": total}))
    ]
    assert quoted(place, {"coat": 19}).total_minor > total
    first, second = services.place_many(batch=drafts).values()
    assert isinstance(first, Placed)
    assert isinstance(second, services.PriceChanged)
    assert left(place) == 19


def test_who_comes_first_keeps_the_place_when_neighbours_take_the_goods() -> None:
    place, (one, two, three, four) = world({"coat": 1_000}, units=7), shoppers(4)
    partial = {"partial": True}
    answers = together(
        place, [(one, {"coat": 5}, {}), (two, {"coat": 4}, partial), (three, {"coat": 2}, {}), (four, {"coat": 1}, {})]
    )
    assert kinds(answers) == ["placed", "placed", "out_of_stock", "out_of_stock"]
    assert isinstance(answers[1], Placed)
    assert told(answers[1]) == [("coat-M", 4, 2, "out_of_stock")]
    assert left(place) == 0


def test_who_finds_a_warehouse_emptied_is_served_from_another_before_being_lessened() -> None:
    place = world({"coat": 1_000}, units=3, kinds=(WarehouseKind.BONDED, WarehouseKind.OVERSEAS))
    one, two, three = shoppers(3)
    answers = together(place, [(who, {"coat": 3}, {"partial": True}) for who in (one, two, three)])
    assert kinds(answers) == ["placed", "placed", "out_of_stock"]
    assert isinstance(answers[1], Placed)
    assert told(answers[1]) == [("coat-M", 3, 3, None)]
    assert read(answers[1], two).parcels[0].warehouse_id == place.overseas


def test_two_orders_of_one_person_count_for_the_year_what_was_placed() -> None:
    place, one, same = world({"coat": 15_000}, units=5), shopper(), shopper()
    answers = together(place, [(who, {"coat": 3}, {"partial": True}) for who in (one, same)])
    assert [isinstance(answer, Placed) and answer.wished[0].placed for answer in answers] == [3, 2]
    assert orders.discrepancies() == []


def counted(run: Any) -> int:
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        run()
        transaction.set_rollback(True)
    return sum("SAVEPOINT" not in str(query["sql"]) for query in seen.captured_queries)


def test_a_partial_order_takes_as_many_statements_and_one_round_more_where_it_loses_a_race() -> None:
    place, (one, two) = world({"coat": 1_000, "bag": 2_000}, units=3), shoppers(2)
    quoted(place, {"coat": 1})  # shops, warehouses and rate books are known to a process that works
    emptied(place, "bag", 2)

    def usual() -> None:
        bought(place, one, {"coat": 3, "bag": 1})

    def short() -> None:
        placed = bought(place, one, {"coat": 3, "bag": 2}, partial=True)
        assert placed.wished[1].placed == 1

    def beaten() -> None:
        drafts = [services.agree(request=request(place, who, {"coat": 2}, partial=True), now=NOW) for who in (one, two)]
        answers = services.place_many(batch=drafts).values()
        assert [one.wished[0].placed for one in answers if isinstance(one, Placed)] == [2, 1]

    assert counted(usual) == counted(short)
    agreeing = 2 * counted(lambda: services.agree(request=request(place, one, {"coat": 2}, partial=True), now=NOW))
    # how to plan, order, what it rests on, payment, goods, and all of it once more; then nothing is left, which the
    # shelf is told
    assert counted(beaten) - agreeing == 5 + 5 + 1


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    units=st.tuples(*[st.integers(0, 5)] * 3),
    wishes=st.lists(
        st.tuples(st.booleans(), st.dictionaries(st.sampled_from("abc"), st.integers(1, 4), min_size=1)),
        min_size=1,
        max_size=6,
    ),
)
def test_a_batch_is_served_as_if_one_came_after_the_other(
    six: tuple[World, list[Shopper]], units: tuple[int, ...], wishes: list[tuple[bool, dict[str, int]]]
) -> None:
    place, buyers = six
    free, expected = dict(zip("abc", units, strict=True)), []
    for partial, wanted in wishes:
        had = {name: min(n, free[name]) for name, n in wanted.items() if free[name]}
        if not partial and had != wanted:
            had = {}
        expected.append(had)
        for name, n in had.items():
            free[name] -= n
    with transaction.atomic():
        for name, n in zip("abc", units, strict=True):
            if n:
                stocked(place.skus[name], place.bonded, n, customs_state=ON_SHELF[WarehouseKind.BONDED])
        turn = zip(buyers, wishes, strict=False)
        answers = together(place, [(who, wanted, {"partial": partial}) for who, (partial, wanted) in turn])
        served = [
            placed_units(read(answer, who), place) if isinstance(answer, Placed) else {}
            for who, answer in zip(buyers, answers, strict=False)
        ]
        assert served == expected
        assert set(kinds(answers)) <= {"placed", "out_of_stock"}
        assert [left(place, name) for name in "abc"] == list(free.values())
        assert orders.discrepancies() == stock.discrepancies() == []
        transaction.set_rollback(True)


@pytest.fixture
def six() -> tuple[World, list[Shopper]]:
    return world(dict.fromkeys("abc", 1_000), units=0), shoppers(6)
