"""A promotion in an order: what it takes off is seen in the quote, not taxed, taken from its budget once and given
back with the goods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.checkout import services
from entrepot.checkout.rules.asking import Priced
from entrepot.checkout.rules.promoting import reduced
from entrepot.checkout.tests.makers import NOW, Shopper, World, bought, pay, quoted, request, shopper, shoppers, world
from entrepot.checkout.types import Placed
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.orders import selectors as orders
from entrepot.orders.types import Order, OrderState
from entrepot.payments import selectors as payments
from entrepot.pricing import selectors as pricing
from entrepot.pricing.tests.makers import on_sale, promoted
from entrepot.pricing.types import Promotion
from entrepot.stock import selectors as stock
from entrepot.stock.tests.makers import stocked
from entrepot.stock.types import ON_SHELF, WarehouseKind

pytestmark = pytest.mark.django_db
LATE = NOW + timedelta(minutes=61)  # a provider that stays silent is not asked any more


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert pricing.discrepancies() == []
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []


def given_minor() -> int:
    return sum(one.given_minor for one in pricing.planned_promotions(since=NOW))


def order_of(placed: Placed | Any, who: Shopper) -> Order:
    assert isinstance(placed, Placed), placed
    found = orders.order(order_id=placed.order_id, buyer_id=who.buyer_id)
    assert found is not None
    return found


def a_promotion(threshold: int, off: int, times: int, left: int, sku_ids: frozenset[UUID]) -> Promotion:
    window = {"starts_at": NOW, "ends_at": LATE, "titles": {}, "called_off": False, "currency": "CNY"}
    ids = {"id": new_id(), "list_id": new_id(), "storefront_id": new_id(), "code": f"off-{off}"}
    sums = {"threshold_minor": threshold, "off_minor": off, "times_max": times, "budget_minor": left, "given_minor": 0}
    return Promotion(**ids, **window, **sums, sku_ids=sku_ids)  # type: ignore[arg-type]


amounts = st.integers(1, 50_000)


@given(
    parcels=st.lists(
        st.lists(st.tuples(amounts, st.integers(1, 5), st.booleans()), min_size=1, max_size=4), max_size=3
    ),
    offers=st.lists(
        st.tuples(amounts, st.integers(1, 99), st.integers(1, 5), st.integers(0, 100_000), st.booleans()), max_size=3
    ),
)
def test_the_best_promotion_is_shared_by_what_counts_and_the_shares_are_its_sum(
    parcels: list[list[tuple[int, int, bool]]], offers: list[tuple[int, int, int, int, bool]]
) -> None:
    lines = [
        tuple(Priced(cast("Any", SimpleNamespace(id=new_id())), cast("Any", None), n, each) for each, n, _ in parcel)
        for parcel in parcels
    ]
    every = [line for parcel in lines for line in parcel]
    at_sale = [sale for parcel in parcels for _, _, sale in parcel]
    known = {
        line.sku.id: cast("Any", SimpleNamespace(sale=object() if sale else None))
        for line, sale in zip(every, at_sale, strict=True)
    }
    first = frozenset({every[0].sku.id}) if every else frozenset()
    promotions = [
        a_promotion(threshold + off, off, times, left, first if some else frozenset())
        for threshold, off, times, left, some in offers
    ]
    found = reduced(lines, promotions, known)
    promised = found.promised

    def worth(promotion: Promotion) -> int:
        goods = sum(
            line.goods_minor for line in every if promotion.covers(line.sku.id) and known[line.sku.id].sale is None
        )
        left = promotion.left_minor // promotion.off_minor
        return promotion.off_minor * min(goods // promotion.threshold_minor, promotion.times_max, left)

    best = max(map(worth, promotions), default=0)
    after = [line for parcel in found.parcels for line in parcel]
    assert (promised.amount_minor if promised else 0) == best == sum(line.discount_minor for line in after)
    assert [replaced(line) for line in after] == every
    for line, sale in zip(after, at_sale, strict=True):
        assert 0 <= line.discount_minor <= (0 if sale else line.goods_minor)

    if found.ahead:
        assert 0 < found.ahead.missing_minor <= max(one.threshold_minor for one in promotions)
        assert found.ahead.off_minor > best


def replaced(line: Priced) -> Priced:
    return Priced(line.sku, line.classification, line.quantity, line.unit_price_minor)


def test_what_is_taken_off_is_taxed_less_and_explained() -> None:
    place = world({"coat": 40_000, "bag": 20_000})
    before = quoted(place, {"coat": 1, "bag": 1})
    promoted(50_000, 6_000)
    quote = quoted(place, {"coat": 1, "bag": 1})
    assert (quote.goods_minor, quote.discount_minor) == (60_000, 6_000)
    assert quote.promised is not None
    assert (quote.promised.amount_minor, quote.promised.titles["en"]) == (6_000, "Spend and save")
    assert [line.discount_minor for line in quote.parcels[0].lines] == [4_000, 2_000]
    assert quote.tax_minor == before.tax_minor * 54 // 60
    assert quote.total_minor == before.total_minor - 6_000 - before.tax_minor * 6 // 60
    assert "discount open to all" in str(quote.parcels[0].lines[0].explanation)


def test_a_promotion_never_costs_the_free_freight() -> None:
    place = world({"coat": 19_900})  # from so much on it is free
    promoted(19_900, 900)
    quote = quoted(place, {"coat": 1})
    assert (quote.discount_minor, quote.freight_minor) == (900, 0)


def test_below_the_threshold_and_at_a_sales_price_nothing_is_taken_off() -> None:
    place = world({"coat": 40_000, "bag": 20_000})
    promoted(50_000, 6_000)
    below = quoted(place, {"coat": 1})
    assert (below.promised, below.ahead and (below.ahead.missing_minor, below.ahead.off_minor)) == (
        None,
        (10_000, 6_000),
    )
    on_sale([place.skus["coat"]], price_minor=39_000, now=NOW)
    assert quoted(place, {"coat": 2, "bag": 2}).promised is None  # only the bags count, 40,000
    assert quoted(place, {"coat": 1, "bag": 3}).discount_minor == 6_000


def test_an_order_takes_of_the_budget_what_it_has_off() -> None:
    place, who = world({"coat": 40_000}), shopper()
    promoted(30_000, 4_000, times=3)
    seen = quoted(place, {"coat": 2})
    placed = bought(place, who, {"coat": 2}, expected_total_minor=seen.total_minor)
    order = order_of(placed, who)
    assert (order.total_minor, order.parcels[0].discount_minor) == (seen.total_minor, 8_000)
    payment = payments.payment(payment_id=placed.payment_id, buyer_id=who.buyer_id)
    assert payment is not None
    assert payment.amount_minor == seen.total_minor
    assert given_minor() == 8_000
    pay(placed, who.buyer_id)
    assert given_minor() == 8_000


def both(place: World, **more: Any) -> tuple[list[Placed | Exception], list[Shopper]]:
    """Two who order a coat in one batch, quoted when the budget had room for one."""
    buyers = shoppers(2)
    asked = [services.checked(request=request(place, who, {"coat": 1}, **more), now=NOW) for who in buyers]
    return list(services.place_many(batch=asked).values()), buyers


def test_who_comes_when_the_budget_is_spent_is_quoted_again() -> None:
    place = world({"coat": 40_000})
    full = quoted(place, {"coat": 1}).total_minor
    promoted(30_000, 4_000, budget_minor=4_000)
    less = quoted(place, {"coat": 1}).total_minor
    (one, two), _ = both(place)
    assert isinstance(one, Placed)
    assert isinstance(two, Placed)
    assert (one.total_minor, two.total_minor) == (less, full)
    assert given_minor() == 4_000


def test_who_has_seen_the_lower_price_is_told_that_it_is_gone() -> None:
    place = world({"coat": 40_000})
    full = quoted(place, {"coat": 1}).total_minor
    promoted(30_000, 4_000, budget_minor=4_000)
    less = quoted(place, {"coat": 1}).total_minor
    (one, two), _ = both(place, expected_total_minor=less)
    assert isinstance(one, Placed)
    assert isinstance(two, services.PriceChanged)
    assert two.data["total_minor"] == full
    assert stock.available(sku_ids=[place.skus["coat"]])[place.skus["coat"]][0].quantity == 9


def test_what_another_process_ended_is_not_given_any_more() -> None:
    """This one still keeps what it read some seconds ago."""
    place = world({"coat": 40_000})
    full = quoted(place, {"coat": 1}).total_minor
    promoted(30_000, 4_000)
    assert quoted(place, {"coat": 1}).promised is not None
    sql.run("UPDATE pricing_promotion SET called_off_at = now()")
    (one, two), _ = both(place)
    assert [one.total_minor, two.total_minor] == [full, full]  # type: ignore[union-attr]
    assert given_minor() == 0


def test_what_is_not_paid_goes_back_to_the_budget() -> None:
    place, (one, two) = world({"coat": 40_000}), shoppers(2)
    promoted(30_000, 4_000, budget_minor=8_000)
    cancelled, late = bought(place, one, {"coat": 1}), bought(place, two, {"coat": 1})
    assert given_minor() == 8_000
    services.cancel(order_id=cancelled.order_id, buyer_id=one.buyer_id, now=NOW)
    assert given_minor() == 4_000
    assert services.expire(order_id=late.order_id, buyer_id=two.buyer_id, now=LATE)
    assert given_minor() == 0


@pytest.mark.parametrize("others_want_it", [False, True])
def test_who_pays_late_has_it_again_unless_it_is_spent(others_want_it: bool) -> None:
    place, (who, other) = world({"coat": 40_000}), shoppers(2)
    promoted(30_000, 4_000, budget_minor=4_000)
    placed = bought(place, who, {"coat": 1})
    assert services.expire(order_id=placed.order_id, buyer_id=who.buyer_id, now=LATE)
    if others_want_it:
        bought(place, other, {"coat": 1}, now=LATE)
    pay(placed, who.buyer_id, now=LATE)
    assert given_minor() == 4_000
    order = order_of(placed, who)
    assert order.state is (OrderState.CANCELLED if others_want_it else OrderState.PAID)
    assert order.events[-1].note == ("late_payment_price_gone" if others_want_it else "late_payment")


def test_a_parcel_that_is_called_off_gives_back_its_share() -> None:
    place = world({"coat": 40_000, "bag": 20_000}, kinds=())
    from_two_places(place)
    who = shopper()
    promoted(50_000, 6_000)
    placed = bought(place, who, {"coat": 1, "bag": 1})
    pay(placed, who.buyer_id)
    order = order_of(placed, who)
    assert sorted(parcel.discount_minor for parcel in order.parcels) == [2_000, 4_000]
    (dear,) = [parcel for parcel in order.parcels if parcel.discount_minor == 4_000]
    keys = {"order_id": order.id, "buyer_id": who.buyer_id}
    services.call_off(parcel_id=dear.id, **keys, actor="tests", reason="a test", now=NOW)
    assert given_minor() == 2_000


def from_two_places(place: World) -> None:
    stocked(place.skus["coat"], place.bonded, 5, customs_state=ON_SHELF[WarehouseKind.BONDED])
    stocked(place.skus["bag"], place.overseas, 5, customs_state=ON_SHELF[WarehouseKind.OVERSEAS])


def test_a_lessened_order_has_off_what_is_left_of_it() -> None:
    place, who = world({"coat": 40_000}, units=2), shopper()
    promoted(40_000, 4_000, times=9)
    placed = bought(place, who, {"coat": 3}, partial=True)
    assert order_of(placed, who).parcels[0].discount_minor == 8_000 == given_minor()


def test_a_promotion_counts_in_its_window_only() -> None:
    place = world({"coat": 40_000})
    promoted(30_000, 4_000, now=NOW + timedelta(hours=1))
    assert quoted(place, {"coat": 1}).promised is None
    assert quoted(place, {"coat": 1}, now=NOW + timedelta(hours=1)).promised is not None
    assert quoted(place, {"coat": 1}, now=NOW + timedelta(hours=26)).promised is None
