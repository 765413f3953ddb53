"""A promotion that one person has so many times: by whatever account or identity, as long as the orders stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entrepot.checkout import services
from entrepot.checkout.tests.makers import NOW, Shopper, World, bought, pay, quoted, request, shopper, shoppers, world
from entrepot.checkout.types import Placed, UsedUp
from entrepot.identity.tests.makers import id_number, real_name
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState
from entrepot.pricing import selectors as pricing
from entrepot.pricing.services import PromotionUsedUp
from entrepot.pricing.tests.makers import promoted
from entrepot.stock.tests.makers import stocked
from entrepot.stock.types import ON_SHELF, WarehouseKind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
LATE = NOW + timedelta(minutes=61)  # a provider that stays silent is not asked any more
OFF = 4_000


@pytest.fixture
def place() -> World:
    """40 off a coat or a bag, once for each person."""
    made = world({"coat": 40_000, "bag": 40_000})
    promoted(30_000, OFF, per_person=1, code="once")
    return made


def for_another(who: Shopper) -> Shopper:
    """The same account, for somebody else."""
    return replace(who, real_name_id=real_name(who.buyer_id, number=id_number(sequence=77)))


def order_of(placed: object, who: Shopper) -> Order:
    assert isinstance(placed, Placed), placed
    found = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert found is not None
    return found


def off(placed: object, who: Shopper) -> int:
    return sum(parcel.discount_minor for parcel in order_of(placed, who).parcels)


def given_minor() -> int:
    return sum(one.given_minor for one in pricing.planned_promotions(since=NOW))


def together(place: World, *wanted: tuple[Shopper, str], **more: object) -> list[object]:
    asked = [services.checked(request=request(place, who, {name: 1}, **more), now=NOW) for who, name in wanted]
    return list(services.place_many(batch=asked).values())


# What is quoted.


def test_who_has_had_it_is_quoted_without_it_and_told(place: World) -> None:
    who, other = shoppers(2)
    bought(place, who, {"coat": 1})
    seen = quoted(place, {"coat": 1}, buyer_id=who.buyer_id)
    assert (seen.discount_minor, seen.promised, seen.ahead) == (0, None, None)
    assert seen.used_up == (UsedUp("once", {"zh-hans": "满减", "en": "Spend and save"}),)
    for buyer_id in (None, other.buyer_id):
        found = quoted(place, {"coat": 1}, buyer_id=buyer_id)
        assert (found.discount_minor, found.used_up) == (OFF, ())
    assert quoted(place, {"bag": 1}, buyer_id=who.buyer_id, real_name_id=who.real_name_id).used_up


def test_another_account_of_the_same_person_is_quoted_without_it_where_the_name_is_known(place: World) -> None:
    who, same = shopper(), shopper()
    bought(place, who, {"coat": 1})
    assert quoted(place, {"coat": 1}, buyer_id=same.buyer_id).discount_minor == OFF
    seen = quoted(place, {"coat": 1}, buyer_id=same.buyer_id, real_name_id=same.real_name_id)
    assert (seen.discount_minor, len(seen.used_up)) == (0, 1)
    assert off(bought(place, same, {"coat": 1}), same) == 0
    assert off(bought(place, for_another(same), {"coat": 1}), same) == OFF


def test_the_next_best_takes_its_place_and_only_what_is_better_is_told_of(place: World) -> None:
    who = shopper()
    promoted(30_000, 1_000, code="always")
    promoted(30_000, 500, per_person=1, code="small")
    first = bought(place, who, {"coat": 1})
    seen = quoted(place, {"coat": 1}, buyer_id=who.buyer_id)
    assert seen.promised is not None
    assert (seen.promised.code, seen.discount_minor, [one.code for one in seen.used_up]) == ("always", 1_000, ["once"])
    second = bought(place, who, {"coat": 1})
    assert [off(one, who) for one in (first, second)] == [OFF, 1_000]
    assert quoted(place, {"coat": 1}, buyer_id=who.buyer_id) == seen  # what has no limit is not counted


def test_what_is_below_the_threshold_is_not_told_of(place: World) -> None:
    who = shopper()
    bought(place, who, {"coat": 1})
    promoted(90_000, 9_000, code="far")
    found = quoted(place, {"coat": 1}, buyer_id=who.buyer_id)
    assert found.ahead is not None
    assert [one.code for one in found.used_up] == ["once"]
    assert found.ahead.off_minor == 9_000


def test_so_many_times_are_so_many_orders() -> None:
    place, who = world({"coat": 40_000}), shopper()
    promoted(30_000, OFF, times=3, per_person=2)
    assert [off(bought(place, who, {"coat": n}), who) for n in (2, 1, 1)] == [2 * OFF, OFF, 0]


# What is looked at for it.


def queries(of: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        of()
    return [query["sql"] for query in seen.captured_queries if "SAVEPOINT" not in query["sql"]]


def test_people_are_looked_for_only_where_they_are_counted() -> None:
    place, (one, two, three) = world({"coat": 40_000}), shoppers(3)
    promoted(30_000, OFF, code="always")
    quoted(place, {"coat": 1})
    anonymous, known = (lambda: quoted(place, {"coat": 1})), (lambda: quoted(place, {"coat": 1}, buyer_id=one.buyer_id))
    counts = [len(queries(anonymous)), len(queries(known)), len(queries(lambda: together(place, (one, "coat"))))]
    promoted(30_000, OFF + 1, per_person=1, code="once")
    assert quoted(place, {"coat": 1}).discount_minor == OFF + 1
    assert [len(queries(anonymous)), len(queries(known))] == [counts[0], counts[1] + 1]
    assert len(queries(lambda: together(place, (two, "coat")))) == counts[2] + 1
    both = queries(lambda: together(place, (three, "coat"), (one, "coat")))
    assert len(both) == counts[2] + 1


# Orders at once.


def test_two_orders_of_one_identity_in_a_batch_are_quoted_one_after_the_other(place: World) -> None:
    one, two = shopper(), shopper()
    quoted(place, {"coat": 1})
    told: list[object] = []
    asked = queries(lambda: told.extend(together(place, (one, "coat"), (two, "bag"))))
    assert [off(answer, who) for answer, who in zip(told, (one, two), strict=True)] == [OFF, 0]
    assert sum("pricing_grant" in text for text in asked) == 1  # nobody was refused, nothing done again


def test_two_orders_of_one_account_for_two_people_in_a_batch_have_it_once(place: World) -> None:
    one = shopper()
    two = for_another(one)
    told = together(place, (one, "coat"), (two, "bag"))
    assert [off(answer, one) for answer in told] == [OFF, 0]
    assert given_minor() == OFF


def test_who_has_seen_the_lower_price_is_told_the_other(place: World) -> None:
    one = shopper()
    less = quoted(place, {"coat": 1}).total_minor
    first, second = together(place, (one, "coat"), (for_another(one), "bag"), expected_total_minor=less)
    assert off(first, one) == OFF
    assert isinstance(second, services.PriceChanged)
    assert second.data["total_minor"] == quoted(place, {"bag": 1}, buyer_id=one.buyer_id).total_minor > less


def test_who_is_refused_uses_nothing_up() -> None:
    """The second order is quoted behind one of the same person that finds its goods gone."""
    place = world({"coat": 40_000}, units=1)
    elsewhere = world({"bag": 40_000})
    promoted(30_000, OFF, per_person=1)
    other, who = shoppers(2)
    batch = [(place, other, "coat"), (place, who, "coat"), (elsewhere, who, "bag")]
    asked = [services.checked(request=request(at, one, {name: 1}), now=NOW) for at, one, name in batch]
    first, second, third = services.place_many(batch=asked).values()
    assert isinstance(second, services.OutOfStock)
    assert [off(first, other), off(third, who)] == [OFF, OFF]


def test_who_was_quoted_before_is_told_that_it_is_used_up(place: World) -> None:
    one = shopper()
    agreed = [services.agree(request=request(place, who, {"coat": 1}), now=NOW) for who in (one, for_another(one))]
    first, second = services.place_many(batch=agreed).values()
    assert off(first, one) == OFF
    assert isinstance(second, PromotionUsedUp)
    assert (second.code, second.field) == ("promotion_used_up", "wishes")


# What comes back.


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_an_order_that_is_not_paid_uses_nothing_up(place: World, how: str) -> None:
    who = shopper()
    keys = {"order_id": bought(place, who, {"coat": 1}).order_id, "buyer_id": who.buyer_id}
    assert quoted(place, {"coat": 1}, buyer_id=who.buyer_id).used_up
    for _ in range(2):
        if how == "expired":
            services.expire(**keys, now=LATE)
        elif given_minor():
            services.cancel(**keys, now=NOW)
    assert off(bought(place, who, {"coat": 1}, now=LATE), who) == OFF
    assert off(bought(place, who, {"coat": 1}, now=LATE), who) == 0


@pytest.mark.parametrize("ordered_again", [False, True])
def test_who_pays_late_has_it_again_unless_it_was_used_meanwhile(place: World, ordered_again: bool) -> None:
    who = shopper()
    placed = bought(place, who, {"coat": 1})
    assert services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATE)
    if ordered_again:
        assert off(bought(place, for_another(who), {"coat": 1}, now=LATE), who) == OFF
    pay(placed, who.buyer_id, now=LATE)
    assert order_of(placed, who).state is (OrderState.CANCELLED if ordered_again else OrderState.PAID)
    assert off(bought(place, who, {"coat": 1}, now=LATE), who) == 0
    assert given_minor() == OFF


def test_it_is_used_while_any_parcel_of_its_order_stands() -> None:
    place, who = world({"coat": 40_000, "bag": 20_000}, kinds=()), shopper()
    stocked(place.skus["coat"], place.bonded, 5, customs_state=ON_SHELF[WarehouseKind.BONDED])
    stocked(place.skus["bag"], place.overseas, 5, customs_state=ON_SHELF[WarehouseKind.OVERSEAS])
    promoted(20_000, 6_000, per_person=1)
    placed = bought(place, who, {"coat": 1, "bag": 1})
    pay(placed, who.buyer_id)
    for n, parcel in enumerate(order_of(placed, who).parcels):
        assert quoted(place, {"coat": 1}, buyer_id=who.buyer_id).discount_minor == 0, n
        call_off(parcel.id, placed.order_id, who.buyer_id)
    assert quoted(place, {"coat": 1}, buyer_id=who.buyer_id).discount_minor == 6_000
    assert given_minor() == 0


def call_off(parcel_id: UUID, order_id: UUID, buyer_id: UUID) -> None:
    keys = {"parcel_id": parcel_id, "order_id": order_id, "buyer_id": buyer_id}
    assert services.call_off(**keys, actor="tests", reason="a test", now=NOW)
