"""Controls of the properties of stock: with a fault planted in the statement that keeps it, each of them goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.kit.tests.faults import planted
from entrepot.stock.tests import test_lots, test_worth

pytestmark = pytest.mark.django_db

SENT = [("plan", 1, 4), ("send", 0, 0), ("receive", 0, 4)]
CLOSED = [("come", 0, 7, 0), ("close", 0, 1, 45)]
LAID = [
    ("come", 0, 5, 0), ("lay", 0, 5, 1), ("close", 0, 1, 9), ("lay", 0, 3, 0), ("sell", 0, 1, 1), ("lay", 0, 3, 1),
    ("close", 0, 1, 20),
]  # fmt: skip
LATE = [*CLOSED, ("come", 0, 3, -5)]
conserved: Any = test_lots.test_transfers_and_counts_neither_make_nor_lose_units
first_expired: Any = test_lots.test_no_lot_goes_while_a_better_one_could
past_values: Any = test_worth.test_past_values_are_those_of_the_whole_ledger


@pytest.mark.parametrize(
    ("held", "example", "where", "old", "new"),
    [
        (conserved, (SENT,), "stock/move", "l.on_hand + t.change\n", "l.on_hand + t.change + (t.change > 0)::int\n"),
        (conserved, (SENT,), "stock/move", "t.kind, t.change, 0", "t.kind, 2 * t.change, 0"),
        (first_expired, ([(3, 2), (6, 2)], [(1, 0)]), "stock/claim", "expires_on NULLS LAST", "expires_on DESC"),
        (first_expired, ([(2, 1)], [(1, 2)]), "stock/claim", "expires_on > %(day)s", "expires_on >= %(day)s"),
        (past_values, (CLOSED,), "stock/totals", "WHERE day =", "WHERE units < 0 AND day ="),
        (past_values, (CLOSED,), "stock/close_days", "sum(c.value) OVER so_far", "coalesce(c.value, 0)"),
        (past_values, (LAID,), "stock/close_days", "- coalesce(s.amount, 0)", ""),
        (past_values, (LAID,), "stock/close_days", "- coalesce(s.units, 0)", ""),
        (past_values, (LAID,), "stock/close_days", "greatest(m.day, e.day)", "m.day"),
        (past_values, (LATE,), "stock/written_late", "at < %(until)s AND on_hand", "at > %(until)s AND on_hand"),
        (past_values, (LATE,), "stock/worth", "m.at >= %(until)s", "m.at > now()"),
    ],
)  # fmt: skip
def test_control_a_planted_fault_is_found(
    held: Any, example: tuple[Any, ...], where: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.hypothesis.inner_test(*example)
    planted(monkeypatch, where, old, new)
    with pytest.raises(AssertionError):
        held.hypothesis.inner_test(*example)
