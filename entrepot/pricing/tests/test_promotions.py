"""Promotions and their budgets: planned, given to orders, taken back. A budget is never overspent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from entrepot.pricing.tests.makers import koala_list, promoted
from entrepot.pricing.types import GrantWish, Promotion, PromotionDraft, PromotionState
from entrepot.storefronts.tests.makers import NOW, koala_lane
from tests.examples import many

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert selectors.discrepancies() == []


def a_wish(promotion_id: UUID, amount_minor: int = 1_000) -> GrantWish:
    return GrantWish(new_id(), new_id(), promotion_id, amount_minor)


def granted(wishes: Sequence[GrantWish], at=SOON) -> list[UUID]:
    """The orders that have it in the end, as checkout asks: those without hope leave, the others ask again."""
    rest = list(wishes)
    while rest:
        with transaction.atomic():
            gone = services.grant_many(grants=rest, at=at)
            if not gone:
                break
            transaction.set_rollback(True)
        rest = [one for one in rest if one.order_id not in gone]
    return [one.order_id for one in rest]


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
        ("sku_ids", {"sku_ids": (DRAFT.list_id,) * 2}),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(services.InvalidPromotion) as refused:
        services.plan_promotion(draft=replace(DRAFT, list_id=koala_list(), **changes), actor="tests", now=NOW)
    assert refused.value.field == field


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


def test_nothing_is_given_outside_the_window() -> None:
    wish = a_wish(promoted())
    assert granted([wish], at=NOW - timedelta(seconds=1)) == []
    assert granted([wish], at=NOW + timedelta(days=1)) == []
    services.call_off_promotion(promotion_id=wish.promotion_id, actor="tests", reason="a test", now=SOON)
    assert granted([wish]) == []


def one_after_the_other(budget: int, amounts: Sequence[int]) -> list[bool]:
    found = []
    for amount in amounts:
        found.append(amount <= budget)
        budget -= amount if found[-1] else 0
    return found


@settings(max_examples=many(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    budgets=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    wishes=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6)), min_size=1, max_size=12),
)
def test_a_batch_is_served_as_if_one_came_after_the_other(
    budgets: tuple[int, int], wishes: list[tuple[int, int]]
) -> None:
    with transaction.atomic():
        ids = [promoted(100, 1, budget_minor=budget) for budget in budgets]
        asked = [a_wish(ids[which], amount) for which, amount in wishes]
        served = granted(asked)
        for which, budget in enumerate(budgets):
            mine = [one for one in asked if one.promotion_id == ids[which]]
            expected = one_after_the_other(budget, [one.amount_minor for one in mine])
            assert [one.order_id in served for one in mine] == expected
        assert selectors.discrepancies() == []
        transaction.set_rollback(True)


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
