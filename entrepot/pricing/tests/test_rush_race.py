"""The rush on the real database: many connections at once for few units, and one person with many orders at once.

Each protection has a control that takes it off and must go wrong: a green race alone would prove nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import connection, transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import PAUSE, WAIT_S, at_once, behind, meeting
from entrepot.pricing import selectors, services
from entrepot.pricing.models import FlashSaleItem, Grant, Promotion, Tally
from entrepot.pricing.tests.makers import a_take, a_wish, granted, on_sale, promoted
from entrepot.pricing.types import GrantWish, Take
from entrepot.storefronts.tests.makers import NOW

pytestmark = pytest.mark.django_db(transaction=True)
SOON = NOW + timedelta(minutes=1)
BATCHES = 8
T = TypeVar("T")


def race(batches: Sequence[Sequence[Take]]) -> list[str]:
    """All batches at once; what became of every order."""

    def run(batch: Sequence[Take]) -> list[str]:
        try:
            refused = services.take_many(takes=batch, at=SOON)
        except services.TakeRaced as raced:
            return [raced.code] * len(batch)
        return [refused[take.order_id].code if take.order_id in refused else "served" for take in batch]

    return [one for told in at_once([partial(run, batch) for batch in batches]) for one in told]


@pytest.fixture
def unprotected(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change the text of the statement. Before it looks it also waits for all four racers."""
    load = sql.load

    def without(*replaced: tuple[str, str], of: str = "take") -> None:
        text = load("pricing", of)
        for old, new in ((PAUSE, meeting(4)), *replaced):
            assert old in text, old
            text = text.replace(old, new)
        monkeypatch.setattr(sql, "load", lambda context, verb: text if verb == of else load(context, verb))

    return without


def units() -> tuple[int, int]:
    item = FlashSaleItem.objects.get()
    return item.taken, item.units


def test_of_512_buyers_exactly_as_many_are_served_as_there_are_units() -> None:
    item = on_sale([new_id()], units=100).items[0]
    told = Counter(race([[a_take(item) for _ in range(64)] for _ in range(BATCHES)]))
    assert told == {"served": 100, "sold_out_at_price": 412}
    assert units() == (100, 100)
    assert selectors.discrepancies() == []


def test_control_without_the_lock_on_the_item_more_is_sold_than_there_is(unprotected: Callable[..., None]) -> None:
    item = on_sale([new_id()], units=1).items[0]
    unprotected(("t.item_id FOR UPDATE OF i", "t.item_id"))
    told = Counter(race([[a_take(item)] for _ in range(4)]))
    assert told["served"] > 1
    assert "units" in {found.rule for found in selectors.discrepancies()}


def one_person(item: Any, count: int) -> list[Take]:
    """Orders of one identity, each from another account."""
    first = a_take(item)
    return [replace(first, order_id=new_id(), buyer_id=new_id()) for _ in range(count)]


def test_one_person_with_many_accounts_gets_no_more_than_the_limit() -> None:
    item = on_sale([new_id()], units=99, limit=2).items[0]
    told = Counter(race([[take] for take in one_person(item, 16)]))
    assert told == {"served": 2, "purchase_limit": 14}
    assert selectors.discrepancies() == []


def test_one_account_with_many_identities_gets_no_more_than_the_limit() -> None:
    item = on_sale([new_id()], units=99, limit=2).items[0]
    first = a_take(item)
    takes = [replace(a_take(item), buyer_id=first.buyer_id) for _ in range(16)]
    assert Counter(race([[take] for take in takes])) == {"served": 2, "purchase_limit": 14}


def test_a_limit_without_a_sale_holds_in_a_race_too() -> None:
    sku_id = new_id()
    services.set_limit(sku_id=sku_id, quantity=3, days=30, actor="li", now=NOW)
    first = a_take(None, sku_id=sku_id)
    takes = [replace(first, order_id=new_id()) for _ in range(16)]
    assert Counter(race([[take] for take in takes])) == {"served": 3, "purchase_limit": 13}
    assert selectors.discrepancies() == []


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=1)])
def test_of_two_limits_set_at_once_for_one_article_one_stands_and_the_other_is_refused(
    before: bool, later: timedelta
) -> None:
    sku_id = new_id()
    if before:
        services.set_limit(sku_id=sku_id, quantity=9, days=30, actor="li", now=NOW)

    def wang() -> str:
        try:
            services.set_limit(sku_id=sku_id, quantity=2, days=30, actor="wang", now=SOON + later)
        except services.LimitSetMeanwhile as refused:
            return refused.message("en")
        return "set"

    li = partial(services.set_limit, sku_id=sku_id, quantity=1, days=30, actor="li", now=SOON)
    [told] = behind(li, [wang])
    assert "Somebody else has just set a limit" in told
    assert [one.quantity for one in selectors.limits(at=SOON + later)] == [1]


def test_control_without_lock_and_check_one_person_gets_more_than_the_limit(unprotected: Callable[..., None]) -> None:
    item = on_sale([new_id()], units=99, limit=1).items[0]
    unprotected(
        ("t.item_id FOR UPDATE OF i", "t.item_id"),
        ("DO UPDATE SET quantity = c.quantity + excluded.quantity", "DO UPDATE SET quantity = c.quantity"),
    )
    told = Counter(race([[take] for take in one_person(item, 4)]))
    assert told["served"] > 1
    assert "tally" in {found.rule for found in selectors.discrepancies()}


def test_control_without_the_check_alone_the_lock_is_not_enough(unprotected: Callable[..., None]) -> None:
    """A first row that came since we looked is not seen: its CHECK stops it, and the next look judges rightly."""
    item = on_sale([new_id()], units=99, limit=1).items[0]
    unprotected(("DO UPDATE SET quantity = c.quantity + excluded.quantity", "DO UPDATE SET quantity = c.quantity"))
    assert Counter(race([[take] for take in one_person(item, 4)]))["served"] > 1


def test_batches_that_name_the_same_goods_in_any_order_never_wait_in_a_circle() -> None:
    """All with limits beside the sales, half of them in the opposite order, and others giving back meanwhile."""
    items = on_sale([new_id() for _ in range(6)], units=40, limit=9).items
    for item in items:
        services.set_limit(sku_id=item.sku_id, quantity=9, days=30, actor="li", now=NOW)
    batches: list[list[Take]] = []
    for n in range(BATCHES):
        batch: list[Take] = []
        for _ in range(8):
            first = a_take(items[0])
            named = items if n % 2 else items[::-1]
            batch += [replace(a_take(item), order_id=first.order_id, buyer_id=first.buyer_id) for item in named]
        batches.append(batch)
    told = race(batches)
    assert Counter(told) == {"served": 240, "sold_out_at_price": 144}
    assert set(FlashSaleItem.objects.values_list("taken", flat=True)) == {40}
    assert selectors.discrepancies() == []


def test_what_is_given_back_in_a_race_is_given_back_once() -> None:
    item = on_sale([new_id()], units=9).items[0]
    take = a_take(item, 2)
    services.take_many(takes=[take], at=SOON)
    give = partial(services.give_back, order_id=take.order_id, units={take.sku_id: 2}, at=SOON)
    assert sorted(at_once([give] * 8)) == [0] * 7 + [2]
    assert units() == (0, 9)
    assert set(Tally.objects.values_list("quantity", flat=True)) == {0}
    assert selectors.discrepancies() == []


def test_who_waits_too_long_is_told_and_takes_nothing() -> None:
    item = on_sale([new_id()]).items[0]
    take, told = a_take(item), []

    def take_soon() -> None:
        try:
            services.take_many(takes=[take], at=SOON, lock_timeout_ms=50)
        except services.RushBusy as busy:
            told.append((busy.status, busy.retry_after_s))
        finally:
            connection.close()

    with transaction.atomic():
        hold(item.id)
        second = threading.Thread(target=take_soon)
        second.start()
        second.join(WAIT_S)
    assert (told, units()) == ([(503, 1)], (0, 10))


def hold(item_id: UUID) -> None:
    sql.rows("SELECT 1 FROM pricing_flashsaleitem WHERE id = %s FOR UPDATE", (item_id,))


def test_numbers_are_given_out_once_and_the_draw_is_made_once() -> None:
    sale = on_sale([new_id()], admit_per_s=5)
    early = services.take_numbers(sale_id=sale.id, count=64, begun=False)
    assert (early.first, early.early, early.seed) == (0, None, b"")
    blocks = at_once([partial(services.take_numbers, sale_id=sale.id, count=64, begun=True)] * 8)
    assert sorted(block.first for block in blocks) == [64 * n for n in range(1, 9)]
    assert {(block.early, block.seed) for block in blocks} == {(64, blocks[0].seed)}
    assert len(blocks[0].seed) == 32
    late = services.take_numbers(sale_id=sale.id, count=1, begun=False)  # a clock that is behind changes nothing
    assert (late.early, late.seed) == (64, blocks[0].seed)
    with pytest.raises(services.NoSuchSale):
        services.take_numbers(sale_id=new_id(), count=1, begun=True)
    with pytest.raises(services.TooManyNumbers):
        services.take_numbers(sale_id=sale.id, count=10_001, begun=True)


def have_it(batches: Sequence[Sequence[GrantWish]]) -> int:
    """All batches at once; how many orders say that they have what they wish."""
    return sum(map(len, at_once([partial(granted, batch) for batch in batches])))


def test_a_promotions_budget_that_512_orders_want_goes_to_as_many_as_it_is_for() -> None:
    promotion_id = promoted(100, 10, budget_minor=1_005)
    assert have_it([[a_wish(promotion_id, 10) for _ in range(64)] for _ in range(BATCHES)]) == 100
    assert Promotion.objects.get().given_minor == 1_000
    assert selectors.discrepancies() == []


def test_control_without_the_lock_on_the_budget_it_is_given_away_twice(unprotected: Callable[..., None]) -> None:
    promotion_id = promoted(100, 10, budget_minor=10)
    unprotected(("p.id = w.promotion_id FOR UPDATE OF p", "p.id = w.promotion_id"), of="grant")
    assert have_it([[a_wish(promotion_id, 10)] for _ in range(4)]) > 1
    assert selectors.discrepancies() != []


def of_one_person(promotion_id: UUID, count: int, *, account: bool) -> list[list[GrantWish]]:
    """Orders of one account, each for another identity, or of one identity, each from another account."""
    first = a_wish(promotion_id, 10)
    same = {"buyer_id": first.buyer_id} if account else {"id_hash": first.id_hash}
    return [[a_wish(promotion_id, 10, **same)] for _ in range(count)]


@pytest.mark.parametrize("account", [True, False])
@pytest.mark.parametrize("most", [1, 3])
def test_one_person_with_many_orders_at_once_has_a_promotion_as_often_as_one_may(most: int, account: bool) -> None:
    promotion_id = promoted(100, 10, per_person=most)
    assert have_it(of_one_person(promotion_id, 16, account=account)) == most
    assert selectors.discrepancies() == []


@pytest.mark.parametrize("account", [True, False])
def test_who_was_not_seen_before_and_comes_at_once_is_counted(account: bool, unprotected: Callable[..., None]) -> None:
    """All four have looked before anybody is there: the first row of the person is found where it is written."""
    promotion_id = promoted(100, 10, per_person=1)
    unprotected(of="grant")
    assert have_it(of_one_person(promotion_id, 4, account=account)) == 1
    assert selectors.discrepancies() == []


ADDED_TO = (
    "DO UPDATE SET quantity = c.quantity + excluded.quantity\n     WHERE c.quantity + excluded.quantity <= c.most"
)


def test_control_where_a_first_row_is_not_added_to_one_person_has_a_promotion_twice(
    unprotected: Callable[..., None],
) -> None:
    promotion_id = promoted(100, 10, per_person=1)
    unprotected((ADDED_TO, "DO UPDATE SET quantity = c.quantity"), of="grant")
    assert have_it(of_one_person(promotion_id, 4, account=True)) == 4
    assert "tally" in {found.rule for found in selectors.discrepancies()}


def test_control_where_the_tally_is_read_without_its_lock_one_person_has_a_promotion_twice(
    unprotected: Callable[..., None],
) -> None:
    """Whoever waited for the promotion sees what the person had before, not the newest value."""
    promotion_id = promoted(100, 10, per_person=1)
    wishes = of_one_person(promotion_id, 4, account=True)
    granted([before := replace(wishes[0][0], order_id=new_id())])
    services.withdraw(order_id=before.order_id, buyer_id=before.buyer_id, amount_minor=10)
    unprotected(("c.person = d.person\n              FOR UPDATE OF c", "c.person = d.person"), of="grant")
    assert have_it(wishes) > 1
    assert "tally" in {found.rule for found in selectors.discrepancies()}


def freed_while_somebody_waits(first: GrantWish, works: Sequence[Callable[[], Any]]) -> list[Any]:
    """What others come to who began to wait before what the first order has off is given back."""
    back = partial(services.withdraw, order_id=first.order_id, buyer_id=first.buyer_id, amount_minor=10)
    return behind(back, works)


@pytest.mark.parametrize(("budget", "most"), [(10, None), (100, 1), (10, 1)])
def test_who_waits_while_it_is_given_back_has_it(budget: int, most: int | None) -> None:
    """What the statement saw when it began, a spent budget and a person who had it, is not what it is judged by."""
    first = a_wish(promoted(100, 10, budget_minor=budget, per_person=most), 10)
    granted([first])
    next_one, too_late = replace(first, order_id=new_id()), replace(first, order_id=new_id())
    works = [partial(granted, [next_one]), partial(granted, [too_late])]
    assert freed_while_somebody_waits(first, works) == [[next_one.order_id], []]
    assert selectors.discrepancies() == []


@pytest.mark.parametrize("late_first", [True, False])
def test_who_pays_late_while_it_is_given_back_has_it_again_or_the_next_order_has_it(late_first: bool) -> None:
    first = a_wish(promoted(100, 10, budget_minor=10, per_person=1), 10)
    second, third = replace(first, order_id=new_id()), replace(first, order_id=new_id())
    granted([first])
    services.withdraw(order_id=first.order_id, buyer_id=first.buyer_id, amount_minor=10)
    granted([second])
    late = partial(services.grant_again, order_id=first.order_id, buyer_id=first.buyer_id)
    works: list[Callable[[], Any]] = [late, partial(granted, [third])]
    told = freed_while_somebody_waits(second, works if late_first else works[::-1])
    assert told == ([True, []] if late_first else [[third.order_id], False])
    assert selectors.discrepancies() == []


def test_what_is_withdrawn_and_granted_again_in_a_race_is_counted_as_it_stands() -> None:
    """One order of the person is paid late while another is not paid and a third is placed, again and again."""
    first = a_wish(promoted(100, 10, per_person=1), 10)
    second = replace(first, order_id=new_id())
    keys = [{"order_id": one.order_id, "buyer_id": one.buyer_id} for one in (first, second)]
    granted([first])
    services.withdraw(**keys[0], amount_minor=10)
    granted([second])
    late, unpaid = partial(services.grant_again, **keys[0]), partial(services.withdraw, **keys[1], amount_minor=10)
    for _ in range(BATCHES):
        third = replace(first, order_id=new_id())
        told = at_once([late, unpaid, partial(granted, [third])])
        standing = set(Grant.objects.filter(amount_minor__gt=0).values_list("order_id", flat=True))
        assert told[1] == 10
        assert standing == {one for one, has_it in ((first.order_id, told[0]), (third.order_id, told[2])) if has_it}
        assert len(standing) <= 1
        assert selectors.discrepancies() == []
        for order_id in standing:
            services.withdraw(order_id=order_id, buyer_id=first.buyer_id, amount_minor=10)
        assert services.grant_again(**keys[1])
