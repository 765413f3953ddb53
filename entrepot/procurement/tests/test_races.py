"""Two at the same moment, on the real database; the controls take the protection off."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from entrepot.catalogue import selectors as catalogue
from entrepot.kit.tests.racing import WAIT_S, outcomes
from entrepot.procurement import models, reading, selectors, services
from entrepot.procurement.services import history, moving, receiving
from entrepot.procurement.tests import makers
from entrepot.procurement.tests.makers import BIG, LATER, NOW, TODAY
from entrepot.procurement.types import OrderState, ProgrammeDraft, VersionState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    makers.rates()
    yield
    if "control" not in request.node.name:
        assert selectors.discrepancies() == []


def unlocked(order_id: UUID) -> models.Order:
    return models.Order.objects.get(id=order_id)


def approving(order_id: UUID, *who: str) -> list[Callable[[], object]]:
    wanted: dict[str, Any] = {"order_id": order_id, "version": 1, "four_eyes_from_minor": BIG, "now": NOW}
    return [lambda actor=actor: services.approve(**wanted, actor=actor) for actor in who]


def test_of_two_approvers_one_approves() -> None:
    made = makers.drafted((10,))
    assert outcomes(approving(made.id, "one", "two")) == {"done": 1, "purchase_not_now": 1}
    after = makers.read(made.id)
    assert [one.kind for one in after.events] == ["drafted", "approved"]
    assert after.events[-1].actor == after.latest.approved_by


def test_control_without_lock_and_condition_both_approve(monkeypatch: pytest.MonkeyPatch) -> None:
    made = makers.drafted((10,))
    looked = threading.Barrier(2, timeout=WAIT_S)

    def look_then_write(order: models.Order, version: int, actor: str, now: Any) -> None:
        row = models.Version.objects.get(order_id=order.id, number=version)
        assert row.state == VersionState.DRAFT
        looked.wait()
        models.Version.objects.filter(id=row.id).update(state=VersionState.APPROVED, approved_by=actor, approved_at=now)

    monkeypatch.setattr(moving, "locked", unlocked)
    monkeypatch.setattr(moving, "_decide", look_then_write)
    assert outcomes(approving(made.id, "one", "two")) == {"done": 2}
    assert {found["rule"] for found in selectors.discrepancies()} == {"approvals"}


def test_receipts_at_once_never_come_to_more_than_the_order() -> None:
    (line,) = makers.sent((100,)).lines  # 105 with the tolerance
    acts: list[Callable[[], object]] = [lambda: makers.receive(line, 20) for _ in range(8)]
    assert outcomes(acts) == {"done": 5, "not_receivable": 3}  # complete with the fifth, and closed
    (other,) = makers.sent((90,), of=makers.contract()).lines  # 94
    acts = [lambda: makers.receive(other, 40) for _ in range(6)]
    assert outcomes(acts) == {"done": 2, "over_receipt": 4}
    assert selectors.open_lines(ids=[other.id])[other.id].received == 80


def test_control_looking_before_counting_loses_units(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = makers.sent((100,)).lines
    looked = threading.Barrier(2, timeout=WAIT_S)

    def look_then_write(line_id: UUID, units: int) -> bool:
        row = models.Line.objects.get(id=line_id)
        room = row.received + units <= row.units + row.over
        looked.wait()
        models.Line.objects.filter(id=line_id).update(received=row.received + units)
        return room

    monkeypatch.setattr(receiving, "locked", unlocked)
    monkeypatch.setattr(receiving, "take", look_then_write)
    assert outcomes([lambda: makers.receive(line, 60) for _ in range(2)]) == {"done": 2}
    assert {found["rule"] for found in selectors.discrepancies()} == {"received"}


def test_one_reference_at_once_counts_once() -> None:
    made = makers.sent((100,))
    acts: list[Callable[[], object]] = [
        lambda: makers.receive(made.lines[0], 30, reference="one-and-the-same") for _ in range(4)
    ]
    assert outcomes(acts) == {"done": 4}
    assert makers.read(made.id).lines[0].received == 30


def test_cancelling_while_goods_come() -> None:
    made = makers.sent((10,))
    acts: list[Callable[[], object]] = [
        lambda: services.cancel(order_id=made.id, reason="r", actor="a", now=NOW),
        lambda: makers.receive(made.lines[0], 4),
    ]
    assert outcomes(acts) in ({"done": 1, "goods_came": 1}, {"done": 1, "not_receivable": 1})
    after = makers.read(made.id)
    assert (after.state is OrderState.CANCELLED) is (after.lines[0].received == 0)


def test_payments_at_once_never_come_to_more_than_the_order() -> None:
    made = makers.sent((100,))  # 1050.00
    acts: list[Callable[[], object]] = [
        lambda n=n: services.record_payment(
            draft=services.PaymentDraft(made.id, f"TT-{n}", 40_000, date(2026, 11, 20)), actor="f", now=NOW
        )
        for n in range(5)
    ]
    assert outcomes(acts) == {"done": 2, "more_than_owed": 3}


def halved() -> UUID:
    """An order of 1050.00 with an amendment to 525.00 that waits."""
    of = makers.contract()
    made = makers.sent((100,), of=of)
    wish = makers.wish(of, [(makers.articles()[0], 50, "10.50")])
    services.amend(order_id=made.id, wish=wish, actor="author", now=NOW)
    return made.id


def paying_and_approving(order_id: UUID) -> list[Callable[[], object]]:
    wanted: dict[str, Any] = {"order_id": order_id, "version": 2, "four_eyes_from_minor": BIG, "now": NOW}
    payment = services.PaymentDraft(order_id, "TT", 80_000, date(2026, 11, 20))
    return [
        lambda: services.record_payment(draft=payment, actor="f", now=NOW),
        lambda: services.approve(**wanted, actor="approver"),
    ]


def test_a_payment_and_an_amendment_below_it_do_not_both_happen() -> None:
    seen = Counter[str]()
    for _ in range(6):
        order_id = halved()
        met = outcomes(paying_and_approving(order_id))
        assert met in ({"done": 1, "below_paid": 1}, {"done": 1, "more_than_owed": 1})
        seen += met
        parts = selectors.dues_of(order_id=order_id)
        assert sum(one.amount_minor for one in parts) == (52_500 if met["more_than_owed"] else 105_000)
        assert sum(one.paid_minor for one in parts) == (0 if met["more_than_owed"] else 80_000)
    assert seen["done"] == 6


def test_control_without_the_lock_an_amendment_takes_the_total_below_what_is_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order_id = halved()
    looked, paid, refuse = threading.Event(), threading.Event(), moving.refuse_below

    def look_then_wait(order: models.Order, document: Any) -> None:
        refuse(order, document)
        looked.set()
        assert paid.wait(WAIT_S)

    monkeypatch.setattr(moving, "locked", unlocked)
    monkeypatch.setattr(moving, "refuse_below", look_then_wait)
    pay, approve = paying_and_approving(order_id)

    def pay_between() -> None:
        assert looked.wait(WAIT_S)
        pay()
        paid.set()

    assert outcomes([pay_between, approve]) == {"done": 2}
    assert "overpaid" in {found["rule"] for found in selectors.discrepancies()}


def test_what_is_signed_or_promised_twice_at_once_is_there_once() -> None:
    supplier = makers.supplier()
    signing = [lambda: makers.contract(supplier, number="C-1") for _ in range(4)]
    assert outcomes(signing) == {"done": 1, "already_there": 3}
    promise = ProgrammeDraft("Expo", "CNY", 100, TODAY, LATER)
    promising = [lambda: services.promise(draft=promise, actor="t", now=NOW) for _ in range(4)]
    assert outcomes(promising) == {"done": 1, "already_there": 3}


def test_two_links_recorded_at_once_are_both_seen() -> None:
    (sku,) = makers.articles()
    ends = [date(2027, 3, 1), date(2027, 9, 1)]
    acts: list[Callable[[], object]] = [
        lambda end=end: makers.authorised(sku.brand_id, None, None, valid_to=end) for end in ends
    ]
    assert outcomes(acts) == {"done": 2}
    assert catalogue.skus(ids=[sku.id])[sku.id].sell_until == ends[1]


def test_control_without_the_lock_the_shorter_link_may_win(monkeypatch: pytest.MonkeyPatch) -> None:
    (sku,) = makers.articles()
    makers.authorised(sku.brand_id, None, None, valid_to=date(2026, 12, 1))  # guarded already: nobody waits
    read, both, written = reading.links_of, threading.Barrier(2, timeout=WAIT_S), threading.Event()

    def read_then_wait(brand_ids: Any) -> Any:
        found = read(brand_ids)
        both.wait()
        ends = {link.valid_to for links in found.values() for link in links}
        if date(2027, 9, 1) not in ends:  # who sees the shorter one writes last
            assert written.wait(WAIT_S)
        return found

    def longer() -> None:
        makers.authorised(sku.brand_id, None, None, valid_to=date(2027, 9, 1))
        written.set()

    monkeypatch.setattr(reading, "lock_brands", lambda _ids: None)
    monkeypatch.setattr(reading, "links_of", read_then_wait)
    shorter = lambda: makers.authorised(sku.brand_id, None, None, valid_to=date(2027, 3, 1))  # noqa: E731
    assert outcomes([longer, shorter]) == {"done": 2}
    monkeypatch.undo()
    assert catalogue.skus(ids=[sku.id])[sku.id].sell_until == date(2027, 3, 1)


def test_history_guards_are_the_ones_taken_off() -> None:
    """The controls replace what the verbs use."""
    assert moving.locked is receiving.locked is history.locked
