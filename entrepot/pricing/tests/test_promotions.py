"""Promotions and their budgets: planned, given to orders, taken back. A budget is never overspent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.kit.ids import new_id
from entrepot.pricing import selectors, services
from entrepot.pricing.models import Promotion as Row
from entrepot.pricing.models import Tally
from entrepot.pricing.tests.makers import a_wish, granted, koala_list, promoted
from entrepot.pricing.types import GrantWish, Promotion, PromotionDraft, PromotionState
from entrepot.storefronts.tests.makers import NOW, koala_lane
from tests.examples import many

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert selectors.discrepancies() == []


def given_minor(promotion_id: UUID) -> int:
    return Row.objects.get(id=promotion_id).given_minor


def running(at=SOON) -> tuple[Promotion, ...]:
    return selectors.promotions(storefront_id=koala_lane().id, currency="CNY", at=at)


DRAFT = PromotionDraft(
    list_id=new_id(),
    code="autumn",
    titles={"zh-hans": "满减", "en": "Save"},
    threshold_minor=30_000,
    off_minor=4_000,
    times_max=3,
    starts_at=NOW,
    ends_at=NOW + timedelta(days=3),
    budget_minor=100_000,
)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("code", {"code": "Not a code"}),
        ("titles", {"titles": {"zh-hans": "满减"}}),
        ("starts_at", {"starts_at": NOW - timedelta(seconds=1)}),
        ("ends_at", {"ends_at": NOW}),
        ("ends_at", {"ends_at": NOW + timedelta(days=367)}),
        ("threshold_minor", {"threshold_minor": 0}),
        ("off_minor", {"off_minor": 30_000}),  # nothing would be left to pay
        ("off_minor", {"off_minor": 0}),
        ("times_max", {"times_max": 0}),
        ("budget_minor", {"budget_minor": 3_999}),
        ("per_person", {"per_person": 0}),
        ("per_person", {"per_person": 1_001}),
        ("sku_ids", {"sku_ids": (DRAFT.list_id,) * 2}),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(services.InvalidPromotion) as refused:
        services.plan_promotion(draft=replace(DRAFT, list_id=koala_list(), **changes), actor="tests", now=NOW)
    assert refused.value.field == field


def test_a_promotion_is_in_its_shops_currency_for_in_another_it_would_never_be_taken_off() -> None:
    euros = services.open_list(storefront_id=koala_lane().id, currency="EUR", now=NOW)
    with pytest.raises(services.NotShopCurrency) as refused:
        services.plan_promotion(draft=replace(DRAFT, list_id=euros), actor="tests", now=NOW)
    assert refused.value.field == "list_id" and "CNY" in refused.value.message("en")
    assert not Row.objects.exists()


def test_a_promotion_runs_in_its_window_until_it_is_spent_or_called_off() -> None:
    wish = a_wish(promoted(budget_minor=1_500))
    (found,) = running()
    assert (found.id, found.state(NOW - timedelta(seconds=1))) == (wish.promotion_id, PromotionState.COMING)
    assert found.state(found.ends_at) is PromotionState.OVER
    assert granted([wish]) == [wish.order_id]
    spent = selectors.promotion(promotion_id=found.id)
    assert spent is not None
    assert (spent.left_minor, spent.state(SOON)) == (500, PromotionState.SPENT)
    services.call_off_promotion(promotion_id=found.id, actor="tests", reason="a test", now=SOON)
    assert running() == ()
    with pytest.raises(services.PromotionIsOver):
        services.call_off_promotion(promotion_id=found.id, actor="tests", reason="again", now=SOON)
    with pytest.raises(services.NoSuchPromotion):
        services.call_off_promotion(promotion_id=new_id(), actor="tests", reason="which", now=SOON)


def test_a_code_names_one_promotion() -> None:
    promoted(code="autumn")
    with pytest.raises(services.PromotionCodeTaken):
        promoted(code="autumn")


def test_what_stands_is_listed_however_many_have_ended_since_it_was_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "SALES_MAX", 2)
    standing = promoted(now=NOW)
    others = [promoted(now=NOW + timedelta(minutes=n)) for n in (1, 2)]
    at = NOW + timedelta(minutes=5)
    for one in others:
        services.call_off_promotion(promotion_id=one, actor="li", reason="x", now=at)
    assert [one.id for one in selectors.planned_promotions(since=NOW, at=at)] == [standing, others[1]]


def test_nothing_is_given_outside_the_window() -> None:
    wish = a_wish(promoted())
    assert granted([wish], at=NOW - timedelta(seconds=1)) == []
    assert granted([wish], at=NOW + timedelta(days=1)) == []
    services.call_off_promotion(promotion_id=wish.promotion_id, actor="tests", reason="a test", now=SOON)
    assert granted([wish]) == []


class Plain:
    """Promotions in plain words: a budget, and how many orders each account and each identity has."""

    def __init__(self, budgets: dict[UUID, int], per_person: dict[UUID, int | None]) -> None:
        self.left, self.per_person = dict(budgets), per_person
        self.orders: Counter[tuple[UUID, bytes]] = Counter()

    def serve(self, wish: GrantWish) -> bool:
        most, people = self.per_person[wish.promotion_id], self.people(wish)
        if wish.amount_minor > self.left[wish.promotion_id]:
            return False
        if most is not None and any(self.orders[one] >= most for one in people):
            return False
        self.left[wish.promotion_id] -= wish.amount_minor
        self.orders.update(people)
        return True

    def take_back(self, wish: GrantWish) -> None:
        self.left[wish.promotion_id] += wish.amount_minor
        self.orders.subtract(self.people(wish))

    def people(self, wish: GrantWish) -> tuple[tuple[UUID, bytes], ...]:
        return tuple((wish.promotion_id, who) for who in (wish.buyer_id.bytes, wish.id_hash))


ACCOUNTS, IDENTITIES = [new_id() for _ in range(3)], [bytes([n]) * 32 for n in range(3)]
an_order = st.tuples(st.integers(0, 1), st.integers(1, 6), st.sampled_from(ACCOUNTS), st.sampled_from(IDENTITIES))


@settings(max_examples=many(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    offers=st.tuples(*[st.tuples(st.integers(1, 20), st.sampled_from([None, 1, 2, 3]))] * 2),
    batches=st.lists(st.lists(an_order, min_size=1, max_size=12), min_size=1, max_size=3),
    leaving=st.lists(st.integers(0, 30), max_size=4),
)
def test_batches_are_served_as_if_one_came_after_the_other(
    offers: tuple[tuple[int, int | None], ...],
    batches: list[list[tuple[int, int, UUID, bytes]]],
    leaving: list[int],
) -> None:
    """Of two promotions, by three accounts and three identities; between the batches some are not paid, and pay late
    after the last."""
    with transaction.atomic():
        ids = [promoted(100, 1, budget_minor=budget, per_person=most) for budget, most in offers]
        plain = Plain(
            {id: budget for id, (budget, _) in zip(ids, offers, strict=True)},
            {id: most for id, (_, most) in zip(ids, offers, strict=True)},
        )
        standing: list[GrantWish] = []
        left: list[GrantWish] = []
        for batch in batches:
            asked = [a_wish(ids[which], amount, buyer_id=who, id_hash=id) for which, amount, who, id in batch]
            expected = [one for one in asked if plain.serve(one)]
            assert granted(asked) == [one.order_id for one in expected]
            standing += expected
            for n in leaving[: len(standing)]:
                left.append(gone := standing.pop(n % len(standing)))
                plain.take_back(gone)
                withdrawn(gone, gone.amount_minor)
            assert selectors.discrepancies() == []
        for one in left:
            assert services.grant_again(order_id=one.order_id, buyer_id=one.buyer_id) == plain.serve(one)
        assert [given_minor(id) for id in ids] == [
            budget - plain.left[id] for id, (budget, _) in zip(ids, offers, strict=True)
        ]
        people = {one.buyer_id.bytes for one in standing + left} | {one.id_hash for one in standing + left}
        limited = [id for id, (_, most) in zip(ids, offers, strict=True) if most is not None]
        assert selectors.uses(promotion_ids=limited, people=people) == {
            key: n for key, n in plain.orders.items() if n and key[0] in limited
        }
        assert selectors.discrepancies() == []
        transaction.set_rollback(True)


def withdrawn(one: GrantWish, amount_minor: int) -> int:
    return services.withdraw(order_id=one.order_id, buyer_id=one.buyer_id, amount_minor=amount_minor)


def test_one_person_is_counted_by_account_and_by_identity() -> None:
    promotion_id = promoted(per_person=1)
    first, stranger = a_wish(promotion_id), a_wish(promotion_id)
    same_account = a_wish(promotion_id, buyer_id=first.buyer_id)
    same_identity = a_wish(promotion_id, id_hash=first.id_hash)
    asked = [first, same_account, same_identity, stranger]
    with transaction.atomic():
        told = services.grant_many(grants=asked, at=SOON)
        transaction.set_rollback(True)
    assert {order_id: no.code for order_id, no in told.items()} == {
        one.order_id: "promotion_used_up" for one in (same_account, same_identity)
    }
    assert granted(asked) == [first.order_id, stranger.order_id]
    assert granted([same_account, same_identity]) == []
    other = a_wish(promoted(per_person=1), buyer_id=first.buyer_id, id_hash=first.id_hash)
    assert granted([other]) == [other.order_id]  # each promotion counts for itself


def test_who_finds_the_budget_spent_is_told_so_before_anything_of_the_person() -> None:
    promotion_id = promoted(budget_minor=1_500, per_person=1)
    first = a_wish(promotion_id)
    assert granted([first]) == [first.order_id]
    again = a_wish(promotion_id, buyer_id=first.buyer_id)
    assert services.grant_many(grants=[again], at=SOON)[again.order_id].code == "promotion_gone"


def test_an_order_counts_for_its_person_while_any_of_it_stands() -> None:
    first = a_wish(promoted(per_person=1))
    again = a_wish(first.promotion_id, buyer_id=first.buyer_id, id_hash=first.id_hash)
    assert granted([first]) == [first.order_id]
    assert withdrawn(first, 400) == 400  # a parcel is given up
    assert granted([again]) == []
    assert [withdrawn(first, 600), withdrawn(first, 600)] == [600, 0]  # once, however often it is said
    assert granted([again]) == [again.order_id]
    assert withdrawn(first, 600) == 0
    assert granted([replace(again, order_id=new_id())]) == []


def test_who_pays_late_is_counted_again_unless_another_order_of_theirs_is() -> None:
    first = a_wish(promoted(per_person=1))
    second = a_wish(first.promotion_id, id_hash=first.id_hash)
    keys = {"order_id": first.order_id, "buyer_id": first.buyer_id}
    granted([first])
    withdrawn(first, 1_000)
    granted([second])
    assert not services.grant_again(**keys)
    assert given_minor(first.promotion_id) == 1_000
    withdrawn(second, 1_000)
    assert [services.grant_again(**keys), services.grant_again(**keys)] == [True, True]
    assert granted([replace(second, order_id=new_id())]) == []
    assert given_minor(first.promotion_id) == 1_000


def test_nobody_is_counted_where_there_is_no_limit_for_one_person() -> None:
    first = a_wish(promoted())
    assert len(granted([first, replace(first, order_id=new_id())])) == 2
    assert selectors.uses(promotion_ids=[first.promotion_id], people=[first.id_hash]) == {}
    assert Tally.objects.count() == 0


def test_what_an_order_gives_back_others_can_have_and_it_gives_back_no_more_than_it_has() -> None:
    one, other = (a_wish(promotion_id, 1_000) for promotion_id in [promoted(budget_minor=1_500)] * 2)
    assert granted([one, other]) == [one.order_id]
    keys = {"order_id": one.order_id, "buyer_id": one.buyer_id}
    assert services.withdraw(**keys, amount_minor=400) == 400
    assert given_minor(one.promotion_id) == 600
    assert services.withdraw(**keys, amount_minor=900) == 600
    assert services.withdraw(**keys, amount_minor=900) == 0
    assert services.withdraw(order_id=new_id(), buyer_id=new_id(), amount_minor=900) == 0
    assert granted([other]) == [other.order_id]
    assert not services.grant_again(**keys)  # the budget went to the other
    services.withdraw(order_id=other.order_id, buyer_id=other.buyer_id, amount_minor=1_000)
    assert services.grant_again(**keys)
    assert given_minor(one.promotion_id) == 1_000


def test_the_database_itself_refuses_more_than_the_budget() -> None:
    promotion_id = promoted(budget_minor=1_000)
    with pytest.raises(IntegrityError, match="promotion_never_over_budget"), transaction.atomic():
        Row.objects.filter(id=promotion_id).update(given_minor=1_001)


def test_the_database_itself_refuses_an_order_more_than_one_person_may_have() -> None:
    first = a_wish(promoted(per_person=1))
    granted([first])
    with pytest.raises(IntegrityError, match="tally_never_over_the_limit"), transaction.atomic():
        Tally.objects.update(quantity=2)
    with pytest.raises(IntegrityError, match="promotion_per_person"), transaction.atomic():
        Row.objects.update(per_person=0)
