"""What is taken at a sale's price and under limits: each order for itself, first come first served, once, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.kit.ids import new_id
from entrepot.kit.sql import rows
from entrepot.pricing import selectors, services
from entrepot.pricing.models import FlashSaleItem, Take
from entrepot.pricing.tests.makers import a_take, on_sale, priced
from entrepot.pricing.types import SaleItem, TakeState
from entrepot.pricing.types import Take as Wish
from entrepot.storefronts.tests.makers import NOW, koala_lane
from tests.examples import many

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert selectors.discrepancies() == []


def taken(takes: Sequence[Wish], at=SOON) -> list[str]:
    """What became of each order, in the order they came."""
    refused = services.take_many(takes=takes, at=at)
    ids = dict.fromkeys(take.order_id for take in takes)
    return [refused[order_id].code if order_id in refused else "served" for order_id in ids]


def price(sku_id: UUID, at=SOON):
    return selectors.prices(storefront_id=koala_lane().id, currency="CNY", sku_ids=[sku_id], at=at)[sku_id]


def told() -> int:
    return rows("SELECT count(*) AS n FROM outbox_event WHERE topic = 'pricing.changed'")[0]["n"]


def the_item(**more: int) -> SaleItem:
    return on_sale([new_id()], **more).items[0]


def test_units_are_sold_at_the_sales_price_until_they_are_gone() -> None:
    item = the_item(units=3)
    assert (price(item.sku_id).amount.minor, price(item.sku_id).was.minor) == (50, 100)
    before = told()
    assert taken([a_take(item) for _ in range(5)]) == ["served"] * 3 + ["sold_out_at_price"] * 2
    assert (price(item.sku_id).amount.minor, price(item.sku_id).sale) == (100, None)
    assert told() == before + 1


def test_the_refusal_says_how_many_units_are_left() -> None:
    item = the_item(units=3, limit=9)
    first, second = a_take(item, 2), a_take(item, 2)
    refused = services.take_many(takes=[first, second], at=SOON)
    assert refused.keys() == {second.order_id}
    assert refused[second.order_id].data["left"] == 1
    assert "还剩 1 件" in refused[second.order_id].message("zh")


def test_an_account_with_two_identities_and_an_identity_with_two_accounts_are_both_stopped() -> None:
    item = the_item(limit=2, units=99)
    first = a_take(item, 2)
    same_account = a_take(item, buyer_id=first.buyer_id)
    same_person = a_take(item, id_hash=first.id_hash)
    assert taken([first, same_account, same_person, a_take(item, 3)]) == ["served"] + ["purchase_limit"] * 3
    refused = services.take_many(takes=[a_take(item, buyer_id=first.buyer_id)], at=SOON)
    [why] = refused.values()
    assert (why.data["limit"], why.data["bought"]) == (2, 2)
    assert why.message("en") == "At most 2 for one person; you have bought 2"


def test_an_order_is_served_whole_or_not_at_all() -> None:
    sale = on_sale([new_id(), new_id()], units=1, limit=5)
    one, two = sale.items
    whole = a_take(one)
    other = replace(a_take(two), order_id=whole.order_id)
    gone = a_take(two)
    assert taken([gone, whole, other]) == ["served", "sold_out_at_price"]
    assert taken([a_take(one)]) == ["served"]


def test_who_is_refused_takes_nothing_away_from_those_behind() -> None:
    """The second asks too much, so the third is served although together they are more than there is."""
    item = the_item(units=3, limit=9)
    assert taken([a_take(item), a_take(item, 3), a_take(item, 2)]) == ["served", "sold_out_at_price", "served"]


def test_a_repetition_takes_nothing_again() -> None:
    item = the_item(units=2)
    take = a_take(item)
    assert [taken([take]), taken([take]), taken([take, a_take(item)])] == [["served"], ["served"], ["served"] * 2]
    assert FlashSaleItem.objects.get().taken == 2


def test_what_is_given_back_can_be_taken_once_more_by_others_and_by_the_same() -> None:
    item = the_item(units=2, limit=2)
    take = a_take(item, 2)
    assert taken([take]) == ["served"]
    before = told()
    assert services.give_back(order_id=take.order_id, units={item.sku_id: 2}, at=SOON) == 2
    assert services.give_back(order_id=take.order_id, units={item.sku_id: 2}, at=SOON) == 0
    assert (told(), price(item.sku_id).amount.minor) == (before + 1, 50)
    assert taken([take, a_take(item)]) == ["served", "sold_out_at_price"]
    assert Counter(Take.objects.values_list("state", flat=True)) == {TakeState.GIVEN_BACK: 1, TakeState.TAKEN: 1}


def test_of_what_an_order_took_a_part_is_given_back() -> None:
    item = the_item(units=3, limit=3)
    take = a_take(item, 3)
    assert taken([take]) == ["served"]
    back = partial(services.give_back, order_id=take.order_id, at=SOON)
    assert back(units={item.sku_id: 1}) == 1
    assert (FlashSaleItem.objects.get().taken, Take.objects.get().quantity) == (2, 2)
    assert taken([a_take(item, buyer_id=take.buyer_id)]) == ["served"]
    assert (back(units={item.sku_id: 5}), back(units={item.sku_id: 5})) == (2, 0)


def test_only_named_articles_are_given_back() -> None:
    sale = on_sale([new_id(), new_id()])
    first = a_take(sale.items[0])
    both = [first, replace(a_take(sale.items[1]), order_id=first.order_id, buyer_id=first.buyer_id)]
    assert taken(both) == ["served"]
    assert services.give_back(order_id=first.order_id, units={first.sku_id: 1}, at=SOON) == 1
    assert sorted(FlashSaleItem.objects.values_list("taken", flat=True)) == [0, 1]


@pytest.mark.parametrize("late", [False, True])
def test_nothing_is_taken_before_the_start_and_from_the_end_on(late: bool) -> None:
    item = the_item()
    edge = NOW + timedelta(hours=1) if late else NOW
    inside, outside = (edge - timedelta(microseconds=1), edge) if late else (edge, edge - timedelta(microseconds=1))
    assert taken([a_take(item)], at=outside) == ["sale_over"]
    assert taken([a_take(item)], at=inside) == ["served"]
    assert price(item.sku_id, at=inside).sale is not None
    if late:
        assert price(item.sku_id, at=outside).sale is None


def test_a_sale_that_is_called_off_sells_nothing_more() -> None:
    sale = on_sale([new_id()])
    item = sale.items[0]
    assert taken([a_take(item)]) == ["served"]
    services.call_off(sale_id=sale.id, actor="li", reason="a wrong price", now=SOON)
    assert taken([a_take(item)]) == ["sale_over"]
    assert price(item.sku_id).amount.minor == 100


def test_a_limit_binds_without_a_sale_and_beside_one() -> None:
    sku_id = new_id()
    priced({sku_id: 100})
    services.set_limit(sku_id=sku_id, quantity=3, days=30, actor="li", now=NOW)
    assert (price(sku_id).limit.quantity, price(sku_id).most) == (3, 3)
    first = a_take(None, 2, sku_id=sku_id)
    again = replace(first, order_id=new_id(), quantity=2)
    assert taken([first, again]) == ["served", "purchase_limit"]
    item = on_sale([sku_id], limit=2).items[0]
    at_sale = replace(again, item_id=item.id)
    assert taken([at_sale, replace(at_sale, order_id=new_id(), quantity=1)]) == ["purchase_limit", "served"]


def test_a_limit_counts_anew_in_each_of_its_periods() -> None:
    sku_id = new_id()
    services.set_limit(sku_id=sku_id, quantity=1, days=7, actor="li", now=NOW)
    who = a_take(None, sku_id=sku_id)
    tries = [(0, "served"), (6, "purchase_limit"), (7, "served"), (13, "purchase_limit"), (14, "served")]
    for day, expected in tries:
        at = NOW + timedelta(days=day)
        assert taken([replace(who, order_id=new_id())], at=at) == [expected], day


def test_a_limit_that_has_ended_binds_nobody_and_one_set_anew_counts_anew() -> None:
    sku_id = new_id()
    who = a_take(None, sku_id=sku_id)
    services.set_limit(sku_id=sku_id, quantity=1, days=7, actor="li", now=NOW)
    assert taken([who]) == ["served"]
    services.set_limit(sku_id=sku_id, quantity=2, days=7, actor="li", now=SOON)
    assert taken([replace(who, order_id=new_id(), quantity=2)]) == ["served"]
    services.end_limit(sku_id=sku_id, actor="li", reason="enough", now=SOON)
    assert taken([replace(who, order_id=new_id(), quantity=9)]) == ["served"]
    with pytest.raises(services.NoLimit):
        services.end_limit(sku_id=sku_id, actor="li", reason="enough", now=SOON)
    with pytest.raises(services.InvalidLimit):
        services.set_limit(sku_id=sku_id, quantity=0, days=7, actor="li", now=SOON)


def test_goods_without_rules_leave_no_trace() -> None:
    assert taken([a_take(None), a_take(None)]) == ["served", "served"]
    assert not Take.objects.exists()


def test_a_batch_is_one_statement_beside_its_savepoint(django_assert_num_queries) -> None:
    item = the_item(units=40)
    takes = [a_take(item) for _ in range(64)]
    with django_assert_num_queries(4):  # savepoint, take, the event that the last unit went, release
        assert taken(takes) == ["served"] * 40 + ["sold_out_at_price"] * 24
    with django_assert_num_queries(1):
        services.give_back(order_id=takes[50].order_id, units={item.sku_id: 1}, at=SOON)


def test_what_can_not_be_right_is_a_fault() -> None:
    item = the_item()
    take = a_take(item)
    for wrong in ([take, take], [replace(take, quantity=0)], [a_take(item)] * 2_001):
        with pytest.raises(ValueError, match="take"):
            services.take_many(takes=wrong, at=SOON)


@pytest.mark.parametrize(
    "change",
    [
        "pricing_flashsaleitem SET taken = units + 1",
        "pricing_flashsaleitem SET taken = -1",
        "pricing_flashsaleitem SET was_minor = price_minor",
        "pricing_tally SET quantity = most + 1",
        "pricing_take SET quantity = 0",
        "pricing_take SET state = 'given_back'",
        "pricing_flashsale SET ends_at = starts_at",
        "pricing_flashsale SET early = 0",
    ],
)
def test_the_database_holds_what_the_verbs_promise(change: str) -> None:
    taken([a_take(the_item())])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {change}")


# A batch is what one order after the other would have been.


def one_after_the_other(
    orders: Sequence[tuple[int, int, Sequence[tuple[int, int]]]], units: Sequence[int], most: Sequence[int | None]
) -> list[bool]:
    """The rule in plain words. An order: account, identity, (article, quantity) of each take at the sale's price."""
    left, counted, served = list(units), Counter[tuple[int, str, int]](), []
    for account, identity, wanted in orders:
        persons = (("account", account), ("identity", identity))
        fits = all(
            n <= left[a] and all(counted[a, *who] + n <= min(2, most[a] or 2) for who in persons) for a, n in wanted
        )
        served.append(fits)
        for a, n in wanted if fits else ():
            left[a] -= n
            for who in persons:
                counted[a, *who] += n
    return served


wanted = st.dictionaries(st.integers(0, 2), st.integers(1, 2), min_size=1, max_size=3).map(lambda d: list(d.items()))
orders = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), wanted), min_size=1, max_size=14)


@settings(max_examples=many(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    orders,
    st.lists(st.integers(1, 6), min_size=3, max_size=3),
    st.lists(st.sampled_from([None, 1]), min_size=3, max_size=3),
)
def test_a_batch_is_what_one_after_the_other_would_be(drawn, units, most) -> None:
    with transaction.atomic():
        items = [the_item(units=n, limit=2) for n in units]
        for item, quantity in zip(items, most, strict=True):
            if quantity is not None:
                services.set_limit(sku_id=item.sku_id, quantity=quantity, days=1, actor="li", now=NOW)
        accounts = [new_id() for _ in range(4)]
        takes, ids = [], []
        for account, identity, lines in drawn:
            ids.append(new_id())
            who = {"order_id": ids[-1], "buyer_id": accounts[account], "id_hash": bytes([identity]) * 32}
            takes += [a_take(items[a], n, **who) for a, n in lines]
        refused = services.take_many(takes=takes, at=SOON)
        assert [one not in refused for one in ids] == one_after_the_other(drawn, units, most)
        assert selectors.discrepancies() == []
        for order_id in ids:
            services.give_back(order_id=order_id, units={item.sku_id: 99 for item in items}, at=SOON)
        assert set(FlashSaleItem.objects.values_list("taken", flat=True)) == {0}
        assert selectors.discrepancies() == []
        transaction.set_rollback(True)
