"""What goods were worth on a past day: closings and what moved since say what the whole ledger says."""

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
from entrepot.stock.lot_models import Closing, LotCost, LotLanded
from entrepot.stock.models import Level, Movement
from entrepot.stock.tests.makers import arrival, claimed, warehouse
from entrepot.stock.types.lots import Charge, SoFar

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


def test_a_busy_day_is_summed_up_ahead_and_says_of_when() -> None:
    sku, place, today = new_id(), warehouse(), date(2026, 3, 12)
    came(sku, place, 10, FIRST)
    services.close_days(now=FIRST + timedelta(days=1))
    noon = datetime(2026, 3, 12, 4, tzinfo=UTC)
    assert not services.sum_up_today(now=noon, many=1)  # nothing follows the closing
    assert selectors.so_far(on=today) is None
    laid(sku, 300, noon)
    came(sku, place, 4, noon, "L2", "0.333333")
    assert services.sum_up_today(now=noon, many=2)
    kept = selectors.so_far(on=today)
    assert kept is not None
    assert (kept.at, kept.totals) == (noon, selectors.totals(on=today))
    came(sku, place, 1, noon, "L3")
    assert selectors.so_far(on=today) == kept
    later = noon + timedelta(minutes=5)
    assert services.sum_up_today(now=later, many=3)
    assert selectors.so_far(on=today) == SoFar(later, selectors.totals(on=today)) != kept
    assert not services.sum_up_today(now=later, many=99)
    assert selectors.so_far(on=today) is None
    assert services.sum_up_today(now=noon + timedelta(days=1), many=1)
    assert selectors.so_far(on=today) is None


def test_a_day_is_closed_once_and_read_from_then_on() -> None:
    sku, place = new_id(), warehouse()
    came(sku, place, 10, FIRST)
    laid(sku, 300, FIRST + timedelta(days=1))
    before = {day: worth(day) for day in (date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11), date(2026, 5, 3))}
    assert list(before.values()) == [0, 25, 28, 28]
    assert services.close_days(now=datetime(2026, 3, 10, 16, 30, tzinfo=UTC)) == 0  # half past midnight
    assert services.close_days(now=datetime(2026, 5, 1, 17, 0, tzinfo=UTC)) == 53  # nights that were missed, too
    assert services.close_days(now=datetime(2026, 5, 2, tzinfo=UTC)) == 0
    assert services.close_days(now=datetime(2026, 5, 2, 18, tzinfo=UTC)) == 1
    assert [(one.day, one.units, one.value) for one in Closing.objects.order_by("day")[:2]] == [
        (date(2026, 3, 10), 10, 25), (date(2026, 3, 11), 10, 28),
    ]  # fmt: skip
    assert {day: worth(day) for day in before} == before
    shown = [(one.month, one.units, one.value) for one in selectors.month_totals()]
    assert shown == [(date(2026, 4, 1), 10, 28), (date(2026, 5, 1), 10, 28)]
    (level,) = selectors.levels(sku_ids=[sku])
    found = selectors.worths(levels=[level], on=date(2026, 4, 20))[level.id]
    assert (found.units, found.unit_cost, found.value, found.currency) == (10, Decimal("2.8"), 28, "CNY")
    assert [(one.id, two.value) for one, two in selectors.every_worth(on=date(2026, 4, 20))] == [(level.id, 28)]
    assert list(selectors.every_worth(on=date(2026, 3, 9))) == []


def test_what_is_written_late_counts_from_its_own_day_on_after_the_next_night() -> None:
    sku, place = new_id(), warehouse()
    came(sku, place, 10, FIRST)
    services.close_days(now=FIRST + timedelta(days=9))
    written = dict(Closing.objects.values_list("day", "id"))
    came(sku, place, 4, FIRST + timedelta(days=5))
    laid(sku, 140, FIRST + timedelta(days=7))
    assert services.close_days(now=FIRST + timedelta(days=9)) == 4
    values = [one.value for one in Closing.objects.order_by("day")]
    assert values == [25] * 5 + [35] * 2 + [Decimal("36.4")] * 2
    same = [day for day, one in Closing.objects.values_list("day", "id") if written[day] == one]
    assert sorted(same) == [FIRST.date() + timedelta(days=n) for n in range(5)]
    assert services.audit_stock(now=FIRST + timedelta(days=9)) == 0
    assert services.close_days(now=FIRST + timedelta(days=9)) == 0


def test_goods_that_came_before_the_first_closed_day_are_found_too() -> None:
    sku, place = new_id(), warehouse()
    came(sku, place, 10, FIRST)
    services.close_days(now=FIRST + timedelta(days=2))
    came(sku, place, 2, FIRST - timedelta(days=3))
    assert services.close_days(now=FIRST + timedelta(days=2)) == 5
    assert [worth(FIRST.date() + timedelta(days=n)) for n in (-4, -3, -1, 0, 5)] == [0, 5, 5, 30, 30]


def test_the_nightly_audit_reports_and_repairs_nothing() -> None:
    sku, place = new_id(), warehouse()
    came(sku, place, 10, FIRST)
    laid(sku, 300, FIRST)
    services.close_days(now=FIRST + timedelta(days=60))
    assert services.audit_stock(now=FIRST) == 0
    Closing.objects.update(units=9)
    LotLanded.objects.update(unit_amount=1)
    Level.objects.update(on_hand=11)
    wrong = services.audit_stock(now=FIRST + timedelta(days=61))
    latest, _ = selectors.audits()
    assert {one.rule for one in latest.found} == {"on_hand", "landed", "closing"}
    assert f"2026-05-08 {place} CNY" in {one.where for one in latest.found}
    assert wrong == latest.wrong == 3
    assert Closing.objects.filter(units=9).count() == Closing.objects.count()
    assert Level.objects.get().on_hand == 11


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "sell", "adjust", "lay", "take_back", "close"]), st.integers(0, 2), st.integers(1, 9),
        st.integers(-9, 20),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_past_values_are_those_of_the_whole_ledger(steps: list[tuple[str, int, int, int]]) -> None:
    """Fewer than no days: something is written that counts from a day before. Until the next night the closings do not
    know of it."""
    with transaction.atomic():
        skus, places, now = [new_id() for _ in range(3)], [warehouse("A"), warehouse("B")], FIRST
        runs: list[UUID] = []
        for name, which, n, days in steps:
            at, now = now + timedelta(days=days), max(now, now + timedelta(days=days))
            sku, place = skus[which], places[n % 2]
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
                        services.close_days(now=now)
            except (services.OutOfStock, services.CannotAdjust, IndexError):
                pass
        if any(days < 0 for *_, days in steps):
            services.close_days(now=now)
        first = FIRST.date() - timedelta(days=10)
        days = [first + timedelta(days=n) for n in range(0, (now.date() - first).days + 3, 3)]
        due = {day: _whole(day) for day in days}
        assert {day: _by_place(day) for day in days} == due
        assert services.audit_stock(now=now) == 0
        Closing.objects.all().delete()
        assert {day: _by_place(day) for day in days} == due
        for day in days:
            worths = [found for _, found in selectors.every_worth(on=day)]
            assert sum(one.value for one in worths) == sum(value for _, value in due[day].values())
        transaction.set_rollback(True)


def _by_place(on: date) -> dict[tuple[UUID, str], tuple[int, Decimal]]:
    return {(one.warehouse_id, one.currency): (one.units, one.value) for one in selectors.totals(on=on)}


def _whole(on: date) -> dict[tuple[UUID, str], tuple[int, Decimal]]:
    """Units and value by warehouse and currency from the whole ledger and all costs, entry by entry."""
    until = selectors.worth.begins(on + timedelta(days=1))
    costs: dict[UUID, Decimal] = {}
    for lot, amount in LotCost.objects.filter(at__lt=until).values_list("lot_id", "unit_amount"):
        costs[lot] = costs.get(lot, Decimal(0)) + amount
    found: dict[tuple[UUID, str], tuple[int, Decimal]] = {}
    for one in Movement.objects.filter(at__lt=until).select_related("level__lot"):
        lot, key = one.level.lot, (one.level.warehouse_id, one.level.lot.currency)
        units, value = found.get(key, (0, Decimal(0)))
        found[key] = units + one.on_hand, value + one.on_hand * (lot.unit_cost + costs.get(lot.id, 0))
    return {key: sums for key, sums in found.items() if any(sums)}
