"""A person's year corrected by customs, and a parcel that waits for the next one, on real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.ids import new_id
from entrepot.orders import selectors, services
from entrepot.orders.rules import corrected
from entrepot.orders.tests.makers import ID_HASH, NOW, draft, paid, placed
from entrepot.orders.types import Allowance, Answer, Order, ParcelState, Recorded

DB = pytest.mark.django_db
SUMS = st.integers(0, 3_000_000)


@given(told=st.none() | SUMS, least=SUMS, known=SUMS)
def test_the_forecast_never_falls_below_what_customs_said(told: int | None, least: int, known: int) -> None:
    more = corrected(told_minor=told, least_minor=least, known_minor=known)
    assert more >= 0
    assert known + more >= (least if told is None else told)
    assert more == 0 or known + more == (least if told is None else told)


def answer(order: Order, **changes: Any) -> Answer:
    given = {"told_minor": 2_600_000, "least_minor": 0, "told_at": NOW, "receipt_id": new_id()}
    key = {"buyer_id": order.buyer_id, "order_id": order.id, "parcel_id": order.parcels[0].id}
    return Answer(**{**given, **key, **changes})


def used(at: Any = NOW) -> int:
    return selectors.used_this_year(id_hashes=[ID_HASH], at=at).get(ID_HASH, 0)


def read(order: Order) -> list[Any]:
    return selectors.corrections(order_id=order.id, buyer_id=order.buyer_id, reader="clerk", reason="asked", now=NOW)


@DB
def test_later_orders_are_forecast_with_what_customs_said() -> None:
    order = paid()
    assert services.correct_allowance(told=answer(order), now=NOW)
    assert used() == 20_000 + 2_600_000
    assert selectors.allowances(id_hashes=[ID_HASH], at=NOW)[ID_HASH] == Allowance(20_000, 0, 2_600_000)
    assert services.hold_allowances(id_hashes=[ID_HASH], at=NOW) == {ID_HASH: 2_620_000}
    assert services.record_many(drafts=[draft(used_minor=20_000)]) == [Recorded.MOVED]
    assert services.record_many(drafts=[draft(used_minor=2_620_000)]) == [Recorded.PLACED]
    assert selectors.discrepancies() == []


@DB
def test_what_customs_has_booked_of_ours_is_not_counted_twice() -> None:
    order = paid(parcels=4)
    refused, released, booked, _ = order.parcels
    key = {"order_id": order.id, "buyer_id": order.buyer_id, "now": NOW}
    services.release_parcel(parcel_id=released.id, **key)
    others = (booked.id, released.id, refused.id, new_id())
    services.correct_allowance(told=answer(order, told_minor=50_000, booked=others), now=NOW)
    (row,) = read(order)
    assert (row.known_minor, row.minor) == (40_000, 10_000)
    assert used() == 80_000 + 10_000


@DB
def test_one_receipt_corrects_once_and_the_newest_answer_counts() -> None:
    order = paid()
    first, later = answer(order), answer(order, told_minor=2_000_000, told_at=NOW + timedelta(hours=1))
    assert services.correct_allowance(told=first, now=NOW)
    assert not services.correct_allowance(told=first, now=NOW)
    assert services.correct_allowance(told=later, now=NOW)
    assert used() == 2_020_000
    between = answer(order, told_minor=1, told_at=NOW + timedelta(minutes=5))
    assert not services.correct_allowance(told=between, now=NOW)
    assert used() == 2_020_000
    assert [(row.told_at == later.told_at) == (row.ended_at is None) for row in read(order)] == [True] * 3
    assert selectors.discrepancies() == []


@DB
def test_without_a_sum_the_least_that_the_answer_proves_is_taken_on() -> None:
    order = paid()
    services.correct_allowance(told=answer(order, told_minor=None, least_minor=2_580_001), now=NOW)
    assert used() == 2_600_001


@DB
def test_it_ends_with_the_year_in_china() -> None:
    order = paid()
    services.correct_allowance(told=answer(order), now=NOW)
    last_moment = NOW.replace(month=12, day=31, hour=15, minute=59)
    assert used(last_moment) == 2_620_000
    assert used(last_moment + timedelta(minutes=1)) == 0


@DB
def test_a_clerk_lifts_it_with_a_reason_once() -> None:
    order = paid()
    services.correct_allowance(told=answer(order), now=NOW)
    (row,) = read(order)
    with pytest.raises(services.WhyMissing):
        services.lift_correction(correction_id=row.id, actor="clerk", reason=" ", now=NOW)
    services.lift_correction(correction_id=row.id, actor="clerk", reason="customs mistook the person", now=NOW)
    assert used() == 20_000
    (row,) = read(order)
    assert (row.ended_by, row.why) == ("clerk", "customs mistook the person")
    with pytest.raises(services.NoCorrection):
        services.lift_correction(correction_id=row.id, actor="clerk", reason="again", now=NOW)
    assert selectors.discrepancies() == []


@DB
def test_an_older_answer_that_comes_late_does_not_undo_what_a_clerk_lifted() -> None:
    order = paid()
    services.correct_allowance(told=answer(order), now=NOW)
    (row,) = read(order)
    services.lift_correction(correction_id=row.id, actor="clerk", reason="customs mistook the person", now=NOW)
    assert not services.correct_allowance(told=answer(order, told_at=NOW - timedelta(minutes=5)), now=NOW)
    assert used() == 20_000
    assert services.correct_allowance(told=answer(order, told_at=NOW + timedelta(minutes=5)), now=NOW)
    assert used() == 2_620_000
    assert selectors.discrepancies() == []


@DB
def test_reading_what_customs_said_needs_a_reason() -> None:
    order = paid()
    with pytest.raises(services.WhyMissing):
        selectors.corrections(order_id=order.id, buyer_id=order.buyer_id, reader="clerk", reason="", now=NOW)


@DB
@pytest.mark.parametrize("end", ["released", "cancelled"])
def test_a_parcel_that_waits_counts_against_the_next_year(end: str) -> None:
    order = paid(parcels=2)
    parcel = order.parcels[0]
    key = {"parcel_id": parcel.id, "order_id": order.id, "buyer_id": order.buyer_id}
    assert services.count_in_year(**key, year=2027)
    assert not services.count_in_year(**key, year=2027)
    next_year = NOW.replace(year=2027)
    assert (used(), used(next_year)) == (20_000, 20_000)
    assert selectors.discrepancies() == []
    if end == "released":
        assert services.release_parcel(**key, now=NOW)
        assert services.restore_allowance(**key, restored_minor=5_000)
        assert (used(), used(next_year)) == (20_000, 15_000)
    else:
        assert services.mark_parcel(**key, state=ParcelState.CANCELLED, note="", now=NOW)
        assert (used(), used(next_year)) == (20_000, 0)
    assert selectors.discrepancies() == []
    assert not services.count_in_year(**key, year=2026)


@DB
def test_an_order_not_paid_cannot_wait() -> None:
    order = placed()
    key = {"parcel_id": order.parcels[0].id, "order_id": order.id, "buyer_id": order.buyer_id}
    assert not services.count_in_year(**key, year=2027)
