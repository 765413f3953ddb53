"""What is paid back for a recalled parcel that came in as general trade is what its buyer paid."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from entrepot.checkout.tests.makers import settled_general
from entrepot.checkout.types import Way
from entrepot.kit import sql
from entrepot.recalls import services
from entrepot.recalls.tests.makers import draft, lots_of
from entrepot.recalls.types import Remedy
from entrepot.returns import selectors as returns
from entrepot.returns.tests.makers import NOW, RELEASED, Bought, bought

pytestmark = pytest.mark.django_db


def settled(of: Bought, difference_minor: int, outcome: str = Way.GENERAL) -> UUID:
    """General trade cost so much more (below zero: less). The payment that it came by, or went back on."""
    return settled_general(of.order, difference_minor, outcome=outcome, now=RELEASED)


def paid_back(of: Bought, *lines: int) -> int:
    """By one recall for each line: what the buyer is told."""
    told = 0
    for n in lines:
        lot = next(one for one in lots_of(of) if one[0] == of.parcel.lines[n].sku_id)
        made = draft((lot,), remedy=Remedy.KEEP)
        recall_id = services.open_recall(draft=made, actor="clerk", now=NOW)
        services.work(recall_id=recall_id, now=NOW)
        buyer = {"buyer_id": of.order.buyer_id, "order_id": of.order.id}
        told += services.pay_back(recall_id=recall_id, now=NOW, **buyer).total_minor
    assert returns.discrepancies() == []
    return told


def ordered() -> Counter[UUID]:
    """What goes back, by payment."""
    found = Counter[UUID]()
    for row in sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'payments.give_back'"):
        args = sql.json_value(row["args"])
        found[UUID(args["payment_id"])] += args["amount_minor"]
    return found


def test_what_went_back_because_general_trade_owed_less_goes_back_once() -> None:
    of = bought(2, 1)
    payment_id = settled(of, -701)
    assert paid_back(of, 0, 1) == of.order.total_minor - 701
    assert ordered() == {payment_id: of.order.total_minor - 701}


def test_what_was_paid_on_top_for_general_trade_goes_back_too() -> None:
    of = bought(2, 1)
    on_top = settled(of, 901)
    assert paid_back(of, 0, 1) == of.order.total_minor + 901
    assert ordered() == {of.order.payment_id: of.order.total_minor, on_top: 901}


def test_what_went_back_before_and_was_paid_on_top_later_is_counted_both() -> None:
    of = bought(1)
    settled(of, -300, outcome="again")
    on_top = settled(of, 500)
    assert paid_back(of, 0) == of.order.total_minor + 200
    assert ordered() == {of.order.payment_id: of.order.total_minor - 300, on_top: 500}


def test_what_was_paid_on_top_and_went_back_goes_back_once() -> None:
    """Customs let the parcel pass after all."""
    of = bought(1)
    settled(of, 500, outcome="released")
    assert paid_back(of, 0) == of.order.total_minor
    assert ordered() == {of.order.payment_id: of.order.total_minor}
