"""Orders in a rush: the sale's own price, stock, limit and door, in the transaction that places the order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from entrepot.checkout import services
from entrepot.checkout.services import fulfil
from entrepot.checkout.tests.makers import NOW, Shopper, World, bought, pay, quoted, request, shopper, shoppers, world
from entrepot.checkout.types import Placed
from entrepot.identity.tests.makers import id_number
from entrepot.kit import sql
from entrepot.orders import selectors as orders
from entrepot.orders import services as order_verbs
from entrepot.orders.types import OrderState
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as sales
from entrepot.pricing.tests.makers import on_sale
from entrepot.pricing.types import Sale
from entrepot.stock.tests.makers import stocked
from entrepot.stock.types import WarehouseKind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
LATER = NOW + timedelta(minutes=31)


def left(sale: Sale) -> int:
    found = pricing.sales(storefront_id=sale.storefront_id, since=NOW - timedelta(days=1))
    return next(one for one in found if one.id == sale.id).items[0].left


def kinds(answers: Sequence[object]) -> list[str]:
    return ["placed" if isinstance(one, Placed) else str(getattr(one, "code", one)) for one in answers]


def placed_together(place: World, buyers: Sequence[Shopper], count: int = 1) -> list[object]:
    batch = [services.checked(request=request(place, who, {"coat": count}), now=NOW) for who in buyers]
    return list(services.place_many(batch=batch).values())


def expire(placed: Placed, buyer_id: object) -> None:
    sql.run("UPDATE payments_payment SET state = 'failed' WHERE id = %s AND state = 'pending'", (placed.payment_id,))
    assert services.expire(order_id=placed.order_id, buyer_id=buyer_id, now=LATER)  # type: ignore[arg-type]


def test_as_many_are_sold_at_the_sales_price_as_it_has_units() -> None:
    place = world({"coat": 40_000}, units=50)
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=2, limit=1)
    buyers = shoppers(4)
    answers = placed_together(place, buyers)
    assert kinds(answers) == ["placed", "placed", "sold_out_at_price", "sold_out_at_price"]
    assert left(sale) == 0
    for who, answer in zip(buyers[:2], answers[:2], strict=True):
        assert isinstance(answer, Placed)
        order = orders.order(order_id=answer.order_id, buyer_id=who.buyer_id)
        assert order is not None
        assert order.parcels[0].goods_minor == 15_000
    # Whoever comes now sees the ordinary price, and who was shown the sale's is told.
    assert quoted(place, {"coat": 1}).goods_minor == 40_000
    with pytest.raises(services.PriceChanged):
        bought(place, buyers[2], {"coat": 1}, expected_total_minor=17_456)
    assert bought(place, buyers[2], {"coat": 1}).total_minor > 40_000


def test_one_person_gets_no_more_than_the_limit_by_whatever_account_or_identity() -> None:
    place = world({"coat": 40_000}, units=50)
    on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=20, limit=2)
    first = shopper(number=id_number(sequence=1))
    same_person = shopper(number=id_number(sequence=1))
    assert kinds(placed_together(place, [first, same_person], 1)) == ["placed", "placed"]
    for who in (first, same_person):
        with pytest.raises(services.OverLimit) as refusal:
            bought(place, who, {"coat": 1})
        (hurdle,) = refusal.value.data["obstacles"]
        assert (hurdle["code"], hurdle["data"]["limit"], hurdle["data"]["bought"]) == ("purchase_limit", 2, 2)
    other = shopper(number=id_number(sequence=3))
    with pytest.raises(services.OverLimit) as told:
        bought(place, other, {"coat": 3})
    (seen,) = told.value.data["obstacles"]
    assert (seen["code"], seen["data"]["sku"]) == ("purchase_limit", hurdle["data"]["sku"])
    assert bought(place, other, {"coat": 2}).total_minor < 40_000


def test_who_orders_a_moment_before_the_start_beside_somebody_who_is_refused_is_not_told_that_it_is_over() -> None:
    place, (early, late) = world({"coat": 40_000}, units=50), shoppers(2)
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=5, limit=1)
    moments = {early: NOW - timedelta(milliseconds=1), late: NOW + timedelta(milliseconds=1)}
    wrong = {late: {"expected_total_minor": 1}}
    batch = [
        services.checked(request=request(place, who, {"coat": 1}, **wrong.get(who, {})), now=at)
        for who, at in moments.items()
    ]
    assert kinds(list(services.place_many(batch=batch).values())) == ["placed", "price_changed"]
    assert left(sale) == 4


def test_a_purchase_limit_binds_at_the_ordinary_price() -> None:
    place, who = world({"coat": 15_000}, units=50), shopper()
    sales.set_limit(sku_id=place.skus["coat"], quantity=2, days=30, actor="tests", now=NOW)
    bought(place, who, {"coat": 1})
    with pytest.raises(services.OverLimit):
        bought(place, who, {"coat": 2})
    bought(place, who, {"coat": 1})


def test_who_is_not_paid_for_gives_units_and_limit_back_once() -> None:
    place, (one, two) = world({"coat": 40_000}, units=50), shoppers(2)
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=1, limit=1)
    placed = bought(place, one, {"coat": 1})
    assert left(sale) == 0
    expire(placed, one.buyer_id)
    assert left(sale) == 1
    assert not services.expire(order_id=placed.order_id, buyer_id=one.buyer_id, now=LATER)
    again = bought(place, one, {"coat": 1})
    services.cancel(order_id=again.order_id, buyer_id=one.buyer_id, now=NOW)
    assert isinstance(bought(place, two, {"coat": 1}), Placed)
    assert left(sale) == 0


def test_units_come_back_of_an_article_whose_two_parcels_are_taken_back_at_one_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place, who = world({"coat": 40_000}, units=1, kinds=(WarehouseKind.BONDED, WarehouseKind.OVERSEAS)), shopper()
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=2, limit=2)
    placed = bought(place, who, {"coat": 2})
    pay(placed, who.buyer_id)
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None and left(sale) == 0
    one, other = order.parcels
    marked = order_verbs.mark_parcel

    def meanwhile(**wanted: Any) -> bool:  # the other goes after the first has read the order and before it is written
        monkeypatch.setattr(order_verbs, "mark_parcel", marked)
        assert fulfil.take_back(parcel_id=other.id, order_id=order.id, buyer_id=who.buyer_id, now=NOW)
        return marked(**wanted)

    monkeypatch.setattr(order_verbs, "mark_parcel", meanwhile)
    assert fulfil.take_back(parcel_id=one.id, order_id=order.id, buyer_id=who.buyer_id, now=NOW)
    assert left(sale) == 2
    bought(place, who, {"coat": 2})  # and the person's limit too


def test_units_come_back_with_the_parcel_that_is_called_off_though_another_of_the_article_goes_on() -> None:
    place, who = world({"coat": 40_000}, units=1, kinds=(WarehouseKind.BONDED, WarehouseKind.OVERSEAS)), shopper()
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=2, limit=2)
    placed = bought(place, who, {"coat": 2})
    pay(placed, who.buyer_id)
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None and left(sale) == 0
    assert fulfil.take_back(parcel_id=order.parcels[0].id, order_id=order.id, buyer_id=who.buyer_id, now=NOW)
    assert left(sale) == 1
    bought(place, who, {"coat": 1})  # and of the person's limit as much
    assert left(sale) == 0


@pytest.mark.parametrize(("more", "note"), [(0, "late_payment"), (1, "late_payment_over_limit")])
def test_a_late_payment_stands_again_under_a_purchase_limit_that_still_has_room(more: int, note: str) -> None:
    place, who = world({"coat": 15_000}, units=50), shopper()
    sales.set_limit(sku_id=place.skus["coat"], quantity=2, days=30, actor="tests", now=NOW)
    placed = bought(place, who, {"coat": 2})
    expire(placed, who.buyer_id)
    for _ in range(more):
        bought(place, who, {"coat": 1}, now=LATER)
    pay(placed, who.buyer_id, LATER)
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None
    assert (order.state is OrderState.PAID, order.events[-1].note) == (more == 0, note)
    with pytest.raises(services.OverLimit):
        bought(place, who, {"coat": 2}, now=LATER)


def test_a_late_payment_of_a_rush_goes_back_also_where_there_are_goods() -> None:
    place, who = world({"coat": 40_000}, units=50), shopper()
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=1, limit=1)
    placed = bought(place, who, {"coat": 1})
    expire(placed, who.buyer_id)
    sql.run("UPDATE payments_payment SET state = 'pending' WHERE id = %s", (placed.payment_id,))
    pay(placed, who.buyer_id, LATER)
    order = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert order is not None
    assert (order.state, order.events[-1].note) == (OrderState.CANCELLED, "late_payment_price_gone")
    assert left(sale) == 1


def test_a_sold_out_order_takes_nothing_of_the_sale() -> None:
    place, (one, two) = world({"coat": 40_000}, units=1), shoppers(2)
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=9, limit=2)
    assert kinds(placed_together(place, [one, two])) == ["placed", "out_of_stock"]
    assert left(sale) == 8


def test_who_is_refused_takes_no_unit_of_the_sale_from_those_behind() -> None:
    """The second takes the sale's last unit, but then its bag is gone: so the third has it, at the sale's price."""
    place, buyers = world({"coat": 40_000, "bag": 20_000}, units=0), shoppers(3)
    stocked(place.skus["coat"], place.bonded, 9)
    stocked(place.skus["bag"], place.bonded, 1)
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=1, limit=1)
    carts = ({"bag": 1}, {"coat": 1, "bag": 1}, {"coat": 1})
    sent = [request(place, who, cart) for who, cart in zip(buyers, carts, strict=True)]
    answers = list(services.place_many(batch=[services.checked(request=one, now=NOW) for one in sent]).values())
    assert kinds(answers) == ["placed", "out_of_stock", "placed"]
    assert isinstance(answers[2], Placed)
    assert answers[2].total_minor < 20_000
    assert left(sale) == 0


def test_who_has_not_passed_the_door_is_not_admitted() -> None:
    place, (one, two) = world({"coat": 40_000}, units=9), shoppers(2)
    sale = on_sale([place.skus["coat"]], now=NOW, price_minor=15_000, units=9, limit=1, admit_per_s=10)
    live = services.live_sale(storefront_id=place.shop.id, code=sale.code)
    assert live is not None
    with pytest.raises(services.NotAdmitted):
        bought(place, one, {"coat": 1})
    turn = services.line_up(sale=live, buyer_id=one.buyer_id, ticket="", now=NOW)
    at = NOW + timedelta(seconds=5)
    shown = services.let_in(sale=live, buyer_id=one.buyer_id, ticket=turn.ticket, now=at)
    with pytest.raises(services.NotAdmitted):
        bought(place, two, {"coat": 1}, now=at, passes=(shown,))  # somebody else's
    assert isinstance(bought(place, one, {"coat": 1}, now=at, passes=(shown,)), Placed)
    assert left(sale) == 8
