"""What goods were worth on a past day: closings and what moved since always say what the whole ledger says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.kit.ids import new_id
from entrepot.stock import selectors, services
from entrepot.stock.lot_models import Closing, ClosingSum, LotLanded
from entrepot.stock.models import Level, Movement
from entrepot.stock.tests.makers import arrival, claimed, warehouse
from entrepot.stock.types.lots import Charge

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)


def came(sku: UUID, place: UUID, units: int, at: datetime, lot: str = "L1", cost: str = "2.5") -> None:
    line = arrival(sku, place, units, lot=lot, unit_cost=Decimal(cost))
    services.receive(receipts=[line], reference=f"PO-{new_id()}", now=at)


def laid(sku: UUID, minor: int, at: datetime) -> UUID:
    """A charge of so many fen on the article's first lot."""
    lot = Level.objects.filter(sku_id=sku).order_by("id")[0].lot_id
    facts = selectors.lot_facts(lots=[(sku, lot)])
    charge = Charge(new_id(), "freight", "CNY", "CNY", Decimal(1), "", [minor], [minor])
    run_id = new_id()
    services.lay_costs(run_id=run_id, charges=[charge], lots=list(facts.values()), now=at)
    return run_id


def worth(on: date) -> Decimal:
    return sum((one.value for one in selectors.totals(on=on)), Decimal(0))


def test_a_months_closing_is_written_once_and_read_from_then_on() -> None:
    sku, place = new_id(), warehouse()
    came(sku, place, 10, FIRST)
    laid(sku, 300, FIRST + timedelta(days=1))
    before = {day: worth(day) for day in (date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11), date(2026, 5, 3))}
    assert list(before.values()) == [0, 25, 28, 28]
    assert services.close_months(now=datetime(2026, 3, 31, 16, 30, tzinfo=UTC)) == 0  # half past midnight on the first
    assert services.close_months(now=datetime(2026, 5, 2, tzinfo=UTC)) == 2
    assert services.close_months(now=datetime(2026, 5, 2, tzinfo=UTC)) == 0
    assert {day: worth(day) for day in before} == before
    shown = [(one.month, one.units, one.value) for one in selectors.month_totals()]
    assert shown == [(date(2026, 4, 1), 10, 28), (date(2026, 5, 1), 10, 28)]
    (level,) = selectors.levels(sku_ids=[sku])
    found = selectors.worths(levels=[level], on=date(2026, 4, 20))[level.id]
    assert (found.units, found.unit_cost, found.value, found.currency) == (10, Decimal("2.8"), 28, "CNY")
    assert [(one.id, two.value) for one, two in selectors.every_worth(on=date(2026, 4, 20))] == [(level.id, 28)]
    assert list(selectors.every_worth(on=date(2026, 3, 9))) == []


def test_the_nightly_audit_reports_and_repairs_nothing() -> None:
    sku, place = new_id(), warehouse()
    came(sku, place, 10, FIRST)
    laid(sku, 300, FIRST)
    services.close_months(now=FIRST + timedelta(days=60))
    assert services.audit_stock(now=FIRST) == 0
    Closing.objects.update(units=9)
    LotLanded.objects.update(unit_amount=1)
    Level.objects.update(on_hand=11)
    wrong = services.audit_stock(now=FIRST + timedelta(days=61))
    latest, _ = selectors.audits()
    assert {one.rule for one in latest.found} == {"on_hand", "landed", "closing"}
    assert wrong == latest.wrong == 3
    assert Closing.objects.filter(units=9).count() == Closing.objects.count()
    assert Level.objects.get().on_hand == 11


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "sell", "adjust", "lay", "take_back", "close"]), st.integers(0, 2), st.integers(1, 9),
        st.integers(0, 20),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_past_values_are_those_of_the_whole_ledger(steps: list[tuple[str, int, int, int]]) -> None:
    with transaction.atomic():
        skus, place, at = [new_id() for _ in range(3)], warehouse(), FIRST
        runs: list[UUID] = []
        for name, which, n, days in steps:
            at, sku = at + timedelta(days=days), skus[which]
            try:
                with transaction.atomic():
                    if name == "come":
                        came(sku, place, n, at, lot=f"L{n % 2}", cost=f"{n % 2}.25")
                    elif name == "sell":
                        order, line = claimed(sku, place, n)
                        services.ship(reference=order, line_ids=[line], sku_ids=[sku], now=at)
                    elif name == "adjust":
                        level = Level.objects.filter(sku_id=sku).order_by("id")[0]
                        services.adjust(level_id=level.id, sku_id=sku, change=-n, reference=str(new_id()), now=at)
                    elif name == "lay":
                        runs.append(laid(sku, n * 7, at))
                    elif name == "take_back" and runs:
                        services.take_back_costs(run_id=runs.pop(), now=at)
                    elif name == "close":
                        services.close_months(now=at)
            except (services.OutOfStock, services.CannotAdjust, IndexError):
                pass
        days = [FIRST.date() + timedelta(days=n) for n in range(0, (at - FIRST).days + 3, 5)]
        fast = {day: [worth(day), _by_level(day)] for day in days}
        assert services.audit_stock(now=at) == 0
        Closing.objects.all().delete()
        ClosingSum.objects.all().delete()
        assert {day: [worth(day), _by_level(day)] for day in days} == fast
        for day in days:
            assert fast[day][0] == sum(value for _, value in fast[day][1])
        total = sum(Movement.objects.values_list("on_hand", flat=True))
        assert sum(one.units for one in selectors.totals(on=at.date() + timedelta(days=1))) == total
        transaction.set_rollback(True)


def _by_level(on: date) -> list[tuple[UUID, Decimal]]:
    return [(level.id, found.value) for level, found in selectors.every_worth(on=on)]
