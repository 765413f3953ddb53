"""What `python -m bench.lots` fills is what the tables ask for, and books that agree."""

from __future__ import annotations

import pytest

from bench import copies, lot_goods
from entrepot.kit.clock import now
from entrepot.stock import selectors as stock

LOTS, MOVEMENTS = 2_000, 20_000


@pytest.mark.django_db(transaction=True)
def test_lots_are_filled_and_their_ledger_is_their_level() -> None:
    lot_goods.fill(lot_goods.Wanted(LOTS, MOVEMENTS, now()), lambda _, work: work())
    counted = {
        table: copies.read(f"SELECT count(*)::int FROM {table}")[0][0]
        for table in ("stock_lot", "stock_movement", "procurement_landing", "procurement_landinginvoice")
    }
    assert int(str(counted["stock_lot"])) >= LOTS
    assert abs(int(str(counted["stock_movement"])) - MOVEMENTS) <= MOVEMENTS // 100
    assert counted["procurement_landinginvoice"] == 2 * int(str(counted["procurement_landing"])) > 0
    # What was sold left without orders, so nobody claimed it.
    assert {one.rule for one in stock.discrepancies()} <= {"shipped"}
