from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from entrepot.identity.tests import makers as made
from entrepot.identity.types import Role
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import NotFound
from entrepot.orders import selectors as orders
from entrepot.orders.tests.makers import paid
from entrepot.payments import selectors as payments
from entrepot.returns import selectors, services
from entrepot.returns.tests.makers import NOW, Bought, application, applied, approved, arrive, bought, read
from entrepot.returns.types import (
    Amounts,
    Application,
    Counted,
    CustomsAnswer,
    Decision,
    NoReturn,
    Reason,
    Return,
    ReturnState,
)
from entrepot.stock import selectors as stock
from entrepot.stock.types import CustomsState, WarehouseKind

pytestmark = pytest.mark.django_db
LAST_DAY = datetime(2026, 12, 1, 15, 59, 59, tzinfo=UTC)  # of asking, in China; released on 1 November


@pytest.fixture(autouse=True)
def books_agree() -> Iterator[None]:
    yield
    assert selectors.discrepancies() == []
    assert stock.discrepancies() == []
    assert orders.discrepancies() == []
    assert payments.discrepancies() == []


def left(of: Bought, now: datetime = NOW) -> list[int]:
    found = selectors.returnable(order=of.order, now=now)[of.parcel.id]
    return [found.left[line_id] for line_id in of.line_ids]


def refunds() -> list[tuple[str, int]]:
    """(kind of key, amount) of the refunds that were ordered."""
    rows = sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'payments.give_back' ORDER BY id")
    args = [sql.json_value(row["args"]) for row in rows]
    return [(one["key"].rpartition(":")[2][:3], one["amount_minor"]) for one in args]


def used(of: Bought) -> int:
    (row,) = sql.rows("SELECT allowance_minor FROM orders_order WHERE id = %s", (of.order.id,))
    return int(row["allowance_minor"])


def shelves(of: Bought) -> dict[str, int]:
    sku_ids = [line.sku_id for line in of.parcel.lines]
    found: dict[str, int] = {}
    for level in stock.levels(sku_ids=sku_ids):
        found[level.customs_state] = found.get(level.customs_state, 0) + level.on_hand
    return {state: units for state, units in found.items() if units}


def complete(of: Bought, found: Return, **decision: bool) -> Amounts:
    return services.complete(who=of.clerk(found), decision=Decision(**decision), now=NOW)


def kinds(found: Return) -> list[str]:
    return [event.kind for event in read(found).events]


def test_a_part_is_returned_from_asking_to_the_refund() -> None:
    of = bought(2, 3)
    found = applied(of, 1, 2)
    assert (found.state, found.units, found.window.apply_by) == (ReturnState.APPLIED, 3, date(2026, 12, 1))
    assert left(of) == [1, 1]
    services.approve(who=of.clerk(found), now=NOW)
    services.tell_sent(return_id=found.id, buyer_id=found.buyer_id, tracking=" SF 1234 ", now=NOW)
    services.hear_customs(
        return_id=found.id, buyer_id=found.buyer_id, answer=CustomsAnswer.ACCEPTED, code="399", now=NOW
    )
    arrive(of, found)
    assert shelves(of) == {"bonded": 3}
    given = complete(of, found)
    assert given == Amounts(30_000, 0, 910 + 1_213)
    assert refunds() == [(str(found.id)[:3], given.total_minor)]
    assert used(of) == 50_000 - 30_000
    after = read(found)
    assert (after.state, after.tracking, after.refunded) == (ReturnState.COMPLETED, "SF 1234", given)
    assert kinds(found) == ["applied", "approved", "sent", "customs_accepted", "arrived", "completed"]


def test_all_of_a_parcel_in_parts_brings_all_its_money_and_allowance_back() -> None:
    of = bought(3, discount_minor=1, vat_minor=1_001)
    for _ in range(3):
        found = approved(of, 1, customs=CustomsAnswer.ACCEPTED)
        arrive(of, found)
        complete(of, found)
    assert sum(amount for _, amount in refunds()) == of.order.total_minor
    assert (used(of), left(of)) == (0, [0])
    with pytest.raises(services.MoreThanLeft):
        applied(of, 1)


@pytest.mark.parametrize(("past", "refused"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_asking_ends_with_the_thirtieth_day_in_china(past: timedelta, refused: bool) -> None:
    of = bought(1)
    at = LAST_DAY + past
    assert selectors.returnable(order=of.order, now=at)[of.parcel.id].open is not refused
    if not refused:
        assert applied(of, now=at).state is ReturnState.APPLIED
        return
    with pytest.raises(services.TooLateToReturn):
        applied(of, now=at)
    assert left(of) == [1]


def test_only_released_parcels_of_ones_own_go_back() -> None:
    order = paid()
    (parcel,) = order.parcels
    asked = Application(order.buyer_id, order.id, parcel.id, {parcel.lines[0].id: 1}, Reason.UNWANTED, "", "k" * 8)
    with pytest.raises(services.NotReleased):
        services.apply(asked=asked, now=NOW)
    assert selectors.returnable(order=order, now=NOW) == {}
    of = bought(1)
    stranger = application(of, 1)
    with pytest.raises(NotFound):
        services.apply(asked=Application(new_id(), *[getattr(stranger, n) for n in _REST]), now=NOW)


_REST = ("order_id", "parcel_id", "units", "reason", "note", "key")


@pytest.mark.parametrize(
    ("units", "refusal"),
    [((0, 0), services.NothingToReturn), ((-1, 0), services.NothingToReturn), ((3, 0), services.MoreThanLeft)],
)
def test_units_that_cannot_be_asked_for(units: tuple[int, ...], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        applied(bought(2, 1), *units)


def test_one_line_too_many_takes_nothing_of_the_others() -> None:
    of = bought(2, 2)
    applied(of, 0, 2)
    with pytest.raises(services.MoreThanLeft):
        applied(of, 1, 1)
    assert left(of) == [2, 0]


def test_the_same_key_is_one_return_and_no_other() -> None:
    of = bought(3)
    first = applied(of, 1, key="the-same-key")
    assert applied(of, 1, key="the-same-key").id == first.id
    assert left(of) == [2]
    with pytest.raises(services.ReturnKeyReused):
        applied(of, 2, key="the-same-key")


def test_who_withdraws_may_ask_again_until_something_is_sent() -> None:
    of = bought(1)
    key = {"buyer_id": of.order.buyer_id, "now": NOW}
    first = applied(of)
    services.withdraw(return_id=first.id, **key)
    assert left(of) == [1]
    second = approved(of)
    services.withdraw(return_id=second.id, **key)
    third = approved(of)
    services.tell_sent(return_id=third.id, tracking="SF1", **key)
    assert not read(third).may_be_withdrawn
    with pytest.raises(services.NotNow):
        services.withdraw(return_id=third.id, **key)
    with pytest.raises(services.NotNow):
        services.tell_sent(return_id=first.id, tracking="SF1", **key)
    with pytest.raises(services.TrackingMissing):
        services.tell_sent(return_id=third.id, tracking=" \x00 ", **key)


def test_a_refused_return_says_why_and_may_be_asked_again() -> None:
    of = bought(1)
    found = applied(of)
    services.refuse(who=of.clerk(found), why=NoReturn.UNPROVEN, note="No photograph", now=NOW)
    after = read(found)
    assert (after.state, after.refusal, after.refusal_note) == (
        ReturnState.REFUSED,
        NoReturn.UNPROVEN,
        "No photograph",
    )
    assert left(of) == [1]
    with pytest.raises(services.NotNow):
        services.approve(who=of.clerk(found), now=NOW)


def test_what_can_no_longer_be_back_in_time_is_approved_no_more() -> None:
    of = bought(1)
    found, late = applied(of), datetime(2026, 12, 16, 15, 59, 59, tzinfo=UTC) + timedelta(seconds=1)
    with pytest.raises(services.TooLateToApprove):
        services.approve(who=of.clerk(found), now=late)
    assert (read(found).state, read(found).customs) == (ReturnState.APPLIED, CustomsAnswer.NONE)
    services.refuse(who=of.clerk(found), why=NoReturn.TOO_LATE, note="", now=late)
    assert left(of) == [1]
    last = applied(of)
    services.approve(who=of.clerk(last), now=late - timedelta(seconds=1))
    assert read(last).state is ReturnState.APPROVED


def test_what_arrives_spoiled_is_quarantined_and_keeps_its_tax() -> None:
    of = bought(4)
    found = approved(of, 4, customs=CustomsAnswer.ACCEPTED)
    arrive(of, found, (2, 1))
    assert shelves(of) == {"bonded": 2, "quarantined": 1}
    assert left(of) == [1]  # one never came
    order = orders.order(order_id=of.order.id, buyer_id=of.order.buyer_id)
    assert order is not None
    foretold = [
        selectors.would_bring(found=read(found), order=order, decision=Decision(pay_spoiled=pay))
        for pay in (False, True)
    ]
    assert foretold == [Amounts(20_000, 0, 910), Amounts(30_000, 0, 910)]
    assert complete(of, found, pay_spoiled=True) == foretold[1]
    assert used(of) == 40_000 - 20_000


def test_freight_goes_back_where_the_fault_is_ours() -> None:
    of = bought(2, freight_minor=500)
    given = []
    for reason in (Reason.UNWANTED, Reason.FAULTY):
        found = approved(of, 1, reason=reason, customs=CustomsAnswer.ACCEPTED)
        arrive(of, found)
        given.append(complete(of, found).freight_minor)
    assert given == [0, 250]


@pytest.mark.parametrize("customs", [CustomsAnswer.REFUSED, CustomsAnswer.NONE])
def test_without_customs_only_the_price_goes_back_and_a_clerk_must_know_it(customs: CustomsAnswer) -> None:
    of = bought(1)
    found = arrive(of, approved(of, customs=customs))
    with pytest.raises(services.TaxStays):
        complete(of, found)
    assert refunds() == []
    assert complete(of, found, without_tax=True) == Amounts(10_000, 0, 0)
    assert used(of) == 10_000


@pytest.mark.parametrize("asked", [True, False])
def test_what_customs_has_not_accepted_is_not_sold_out_of_bond_again(asked: bool) -> None:
    of = bought(1)
    found = approved(of, customs=CustomsAnswer.REFUSED)
    if asked:
        services.ask_again(who=of.clerk(found), now=NOW)
    arrive(of, read(found))
    assert shelves(of) == {"quarantined": 1}


def test_what_customs_has_refused_is_not_promised_before_the_goods_arrive() -> None:
    of = bought(1)
    waiting = approved(of)
    assert selectors.would_bring(found=waiting, order=of.order) == Amounts(10_000, 0, 1_820)
    services.hear_customs(
        return_id=waiting.id, buyer_id=waiting.buyer_id, answer=CustomsAnswer.REFUSED, code="-625024", now=NOW
    )
    assert selectors.would_bring(found=read(waiting), order=of.order) == Amounts(10_000, 0, 0)


def test_a_yes_of_customs_after_the_refund_brings_the_tax_once() -> None:
    of = bought(1)
    found = arrive(of, approved(of))
    complete(of, found, without_tax=True)
    for code in ("399", "399", "899"):
        services.hear_customs(
            return_id=found.id, buyer_id=found.buyer_id, answer=CustomsAnswer.ACCEPTED, code=code, now=NOW
        )
    assert [(kind, amount) for kind, amount in refunds()] == [(str(found.id)[:3], 10_000), ("tax", 1_820)]
    assert used(of) == 0
    assert kinds(found)[-3:] == ["completed", "customs_accepted", "customs_accepted"]


def test_goods_that_are_not_back_in_time_lapse_and_may_still_come_without_their_tax() -> None:
    of = bought(1)
    found = approved(of, customs=CustomsAnswer.ACCEPTED)
    last = datetime(2026, 12, 16, 15, 59, tzinfo=UTC)
    assert services.lapse(now=last) == 0
    assert services.lapse(now=last + timedelta(minutes=1)) == 1
    assert services.lapse(now=last + timedelta(minutes=2)) == 0
    assert read(found).state is ReturnState.LAPSED
    arrive(of, found, now=last + timedelta(days=1))
    with pytest.raises(services.TaxStays):
        complete(of, found)
    assert complete(of, found, without_tax=True) == Amounts(10_000, 0, 0)


@pytest.mark.parametrize("before", [True, False])
def test_the_desks_hear_that_customs_takes_back_what_was_not_back_in_time(before: bool) -> None:
    desks = [made.clerk(role) for role in (Role.CUSTOMS, Role.SERVICE)]
    of = bought(1)
    found = approved(of)
    yes: dict[str, Any] = {
        "return_id": found.id,
        "buyer_id": found.buyer_id,
        "answer": CustomsAnswer.ACCEPTED,
        "code": "399",
    }
    steps = [lambda: services.hear_customs(**yes, now=NOW), lambda: services.lapse(now=NOW + timedelta(days=60))]
    steps[not before]()
    assert told_in_vain() == []
    steps[before]()
    assert told_in_vain() == [str(found.id)]
    assert services.tell_in_vain(return_id=found.id, buyer_id=found.buyer_id) == len(desks) == len(mail.outbox)
    assert all(found.number in letter.body and "没有按时退回" in letter.body for letter in mail.outbox)


def told_in_vain() -> list[str]:
    rows = sql.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'returns.tell_in_vain'")
    return [sql.json_value(row["args"])["return_id"] for row in rows]


def test_goods_that_came_on_the_last_day_are_in_time_though_they_are_counted_later() -> None:
    of = bought(1)
    found = approved(of, customs=CustomsAnswer.ACCEPTED)
    later = datetime(2026, 12, 18, 1, 0, tzinfo=UTC)  # a Friday; they came on Wednesday evening
    assert services.lapse(now=later) == 1
    came: dict[str, Any] = {
        "who": of.clerk(found), "counted": {of.line_ids[0]: Counted(1, 0)}, "warehouse_id": of.warehouse_id,
    }  # fmt: skip
    for wrong in (date(2026, 12, 19), date(2026, 11, 10)):
        with pytest.raises(services.ArrivalWrong):
            services.arrive(**came, on=wrong, now=later)
    services.arrive(**came, on=date(2026, 12, 16), now=later)
    assert complete(of, found) == Amounts(10_000, 0, 1_820)


def test_goods_on_the_last_day_are_in_time() -> None:
    of = bought(1)
    found = approved(of, customs=CustomsAnswer.ACCEPTED)
    arrive(of, found, now=datetime(2026, 12, 16, 15, 59, tzinfo=UTC))
    assert complete(of, found) == Amounts(10_000, 0, 1_820)


def test_goods_of_a_warehouse_abroad_are_quarantined_where_they_are() -> None:
    of = bought(1, kind=WarehouseKind.OVERSEAS)
    found = approved(of, customs=CustomsAnswer.ACCEPTED)
    arrive(of, found)
    assert shelves(of) == {CustomsState.QUARANTINED: 1}
    assert complete(of, found) == Amounts(10_000, 0, 1_820)  # fit to be sold again, as customs asks


@pytest.mark.parametrize("count", [(2, 0), (0, 2), (1, 1), (-1, 1)])
def test_a_count_that_cannot_be_right(count: tuple[int, int]) -> None:
    of = bought(2)
    found = approved(of, 1)
    with pytest.raises(services.CountWrong):
        arrive(of, found, count)
    with pytest.raises(services.CountWrong):
        services.arrive(who=of.clerk(found), counted={new_id(): Counted(1, 0)}, warehouse_id=of.warehouse_id, now=NOW)
    assert read(found).state is ReturnState.APPROVED


def test_nothing_arrived_brings_nothing() -> None:
    of = bought(1)
    found = arrive(of, approved(of), (0, 0))
    assert complete(of, found) == Amounts()
    assert (refunds(), left(of)) == ([], [1])


def test_steps_come_in_their_order_and_once() -> None:
    of = bought(1)
    found = applied(of)
    with pytest.raises(services.NotNow):
        arrive(of, found)
    with pytest.raises(services.NotNow):
        complete(of, found)
    services.approve(who=of.clerk(found), now=NOW)
    arrive(of, found)
    with pytest.raises(services.NotNow):
        arrive(of, found)
    complete(of, found, without_tax=True)
    with pytest.raises(services.NotNow):
        complete(of, found, without_tax=True)
    nobody = Bought(of.order, of.warehouse_id)
    with pytest.raises(services.UnknownReturn):
        services.approve(who=nobody.clerk(_renamed(found)), now=NOW)


def _renamed(found: Return) -> Any:
    return type("Stranger", (), {"id": new_id(), "buyer_id": found.buyer_id})()


def test_staff_find_returns_by_state_due_first_and_by_number() -> None:
    early, late = bought(1), bought(1, released_at=NOW - timedelta(days=1))
    second, first = applied(late), applied(early)
    today = date(2026, 11, 11)
    rows = selectors.queue(today=today, state=ReturnState.APPLIED).rows
    assert [row.number for row in rows] == [first.number, second.number]
    asked_in_time = [row.days_left for row in rows]  # customs takes an application for 30 days, the goods for 45
    assert (asked_in_time, [row.due_on for row in rows]) == ([20, 29], [one.window.apply_by for one in (first, second)])
    services.approve(who=early.clerk(first), now=NOW)
    (row,) = selectors.queue(today=today, state=ReturnState.APPROVED).rows
    assert (row.days_left, row.due_on) == (35, first.window.back_by)
    assert [row.number for row in selectors.queue(today=today, text=first.parcel_number).rows] == [first.number]
    assert selectors.queue(today=today, state=ReturnState.LAPSED).rows == ()
    assert selectors.counts()[ReturnState.APPLIED] == 1
    assert [one.number for one in selectors.of_order(order_id=early.order.id, buyer_id=first.buyer_id)] == [
        first.number
    ]
    assert selectors.by_number(number=first.number, buyer_id=second.buyer_id) is None


def test_books_that_do_not_agree_are_found() -> None:
    of = bought(2)
    found = applied(of)
    sql.run("UPDATE returns_book SET taken = 2 WHERE parcel_id = %s", (of.parcel.id,))
    sql.run("UPDATE returns_return SET sequence = 2 WHERE id = %s", (found.id,))
    assert sorted(one["rule"] for one in selectors.discrepancies()) == ["events", "taken"]
    sql.run("UPDATE returns_book SET taken = 1 WHERE parcel_id = %s", (of.parcel.id,))
    sql.run("UPDATE returns_return SET sequence = 1 WHERE id = %s", (found.id,))
