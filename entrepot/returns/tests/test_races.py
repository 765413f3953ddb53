"""Returns of one parcel at the same moment, on the real database; the controls take the protection off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from entrepot.kit import sql
from entrepot.kit.tests.racing import PAUSE, meeting, outcomes
from entrepot.returns import selectors, services
from entrepot.returns.tests.makers import NOW, Bought, applied, approved, arrive, bought, read
from entrepot.returns.types import CustomsAnswer, Decision, ReturnState
from entrepot.stock import selectors as stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "control" not in request.node.name:
        assert selectors.discrepancies() == []
        assert stock.discrepancies() == []


def asking(of: Bought, n: int, **changes: str) -> list[Callable[[], object]]:
    return [lambda: applied(of, 2, **changes) for _ in range(n)]


def test_no_more_is_asked_for_than_there_is() -> None:
    of = bought(5)
    assert outcomes(asking(of, 8)) == {"done": 2, "more_than_left": 6}
    assert selectors.returnable(order=of.order, now=NOW)[of.parcel.id].left == {of.line_ids[0]: 1}


def test_control_without_the_condition_and_the_lock_more_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    load = sql.load

    def unprotected(context: str, verb: str) -> str:
        text = load(context, verb)
        if (context, verb) != ("returns", "take"):
            return text
        for old, new in [
            ("FOR UPDATE OF b", ""),
            (PAUSE, pause),
        ]:
            assert old in text
            text = text.replace(old, new)
        return text

    pause = meeting(2)
    of = bought(4)
    applied(of, 1)  # the books are there: making them would make one wait for the other
    monkeypatch.setattr(sql, "load", unprotected)
    assert outcomes(asking(of, 2)) == {"done": 2}
    monkeypatch.undo()
    assert {found["rule"] for found in selectors.discrepancies()} == {"taken"}


def test_one_key_at_the_same_moment_is_one_return() -> None:
    of = bought(8)
    assert outcomes(asking(of, 4, key="one-and-the-same")) == {"done": 4}
    assert len(selectors.of_order(order_id=of.order.id, buyer_id=of.order.buyer_id)) == 1


def test_a_return_is_completed_once_and_two_returns_bring_the_sum_of_both() -> None:
    of = bought(3, vat_minor=1_001)
    first, second = (approved(of, n, customs=CustomsAnswer.ACCEPTED) for n in (1, 2))
    for found in (first, second):
        arrive(of, found)
    acts: list[Callable[[], object]] = [
        lambda found=found: services.complete(who=of.clerk(found), decision=Decision(), now=NOW)
        for found in (first, second, first, second)
    ]
    assert outcomes(acts) == {"done": 2, "return_not_now": 2}
    assert read(first).refunded.total_minor + read(second).refunded.total_minor == 31_001
    (row,) = sql.rows("SELECT allowance_minor FROM orders_order WHERE id = %s", (of.order.id,))
    assert row["allowance_minor"] == 0


def test_the_buyer_withdraws_while_a_clerk_approves_or_refuses() -> None:
    of = bought(1)
    found = applied(of)
    acts: list[Callable[[], object]] = [
        lambda: services.withdraw(return_id=found.id, buyer_id=found.buyer_id, now=NOW),
        lambda: services.approve(who=of.clerk(found), now=NOW),
    ]
    outcomes(acts)
    assert read(found).state is ReturnState.WITHDRAWN  # an approved one may be withdrawn as well
    assert selectors.returnable(order=of.order, now=NOW)[of.parcel.id].left == {of.line_ids[0]: 1}
