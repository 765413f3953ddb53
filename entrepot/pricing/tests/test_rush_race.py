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
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import PAUSE, WAIT_S, at_once, meeting
from entrepot.pricing import selectors, services
from entrepot.pricing.models import FlashSaleItem, Promotion, Tally
from entrepot.pricing.tests.makers import a_take, on_sale, promoted
from entrepot.pricing.types import GrantWish, Take
from entrepot.storefronts.tests.makers import NOW

pytestmark = pytest.mark.django_db(transaction=True)
SOON = NOW + timedelta(minutes=1)
BATCHES = 8


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
    unprotected(
        ("t.item_id FOR UPDATE OF i", "t.item_id"),
        ("SET taken = i.taken + s.quantity", "SET taken = least(i.units, i.taken + s.quantity)"),
    )
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
    give = partial(services.give_back, order_id=take.order_id, sku_ids=[take.sku_id], at=SOON)
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


def granted(promotion_id: UUID, batches: int, orders: int) -> int:
    """So many batches at once, in which each order wants ten of a promotion; how many say they have it."""

    def run() -> int:
        rest = [GrantWish(new_id(), new_id(), promotion_id, 10) for _ in range(orders)]
        while rest:
            with transaction.atomic():
                gone = services.grant_many(grants=rest, at=SOON)
                if not gone:
                    break
                transaction.set_rollback(True)
            rest = [one for one in rest if one.order_id not in gone]
        return len(rest)

    return sum(at_once([run] * batches))


def test_a_promotions_budget_that_512_orders_want_goes_to_as_many_as_it_is_for() -> None:
    promotion_id = promoted(100, 10, budget_minor=1_005)
    assert granted(promotion_id, BATCHES, 64) == 100
    assert Promotion.objects.get().given_minor == 1_000
    assert selectors.discrepancies() == []


def test_control_without_the_lock_on_the_budget_it_is_given_away_twice(unprotected: Callable[..., None]) -> None:
    promotion_id = promoted(100, 10, budget_minor=10)
    unprotected(
        ("p.id = w.promotion_id FOR UPDATE OF p", "p.id = w.promotion_id"),
        (
            "SET given_minor = p.given_minor + s.amount_minor",
            "SET given_minor = least(p.budget_minor, p.given_minor + 10)",
        ),
        of="grant",
    )
    assert granted(promotion_id, 4, 1) > 1
    assert selectors.discrepancies() != []
