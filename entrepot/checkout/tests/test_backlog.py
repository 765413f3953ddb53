"""Paid parcels that nobody declared are worked off in slices, by one job that goes on until there is none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail

from entrepot.checkout import services
from entrepot.checkout.services import backlog
from entrepot.customs import services as customs
from entrepot.customs.selectors import undeclared
from entrepot.customs.tests.makers import Ready, parcel, seen
from entrepot.customs.types import DeclarationState
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role
from entrepot.kit import clock, sql
from entrepot.orders import selectors as orders
from entrepot.orders.types import ParcelState
from entrepot.outbox.testing import drain
from entrepot.payments.types import PayerCheck
from tests.customs_port import customs_port
from tests.sandboxed import Sandbox, sandbox, sandbox_process

__all__ = ["customs_port", "sandbox", "sandbox_process"]
pytestmark = pytest.mark.django_db


def _paid(count: int, **changes: Any) -> list[Ready]:
    made = [parcel(**changes) for _ in range(count)]
    sql.run("DELETE FROM procrastinate_jobs")
    return made


def _state(one: Ready) -> ParcelState:
    return orders.parcel(parcel_id=one.parcel.id, buyer_id=one.buyer_id).state


def test_a_backlog_is_worked_off_in_slices_and_only_once_it_is_old(
    customs_port: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "SLICE", 2)
    ready = _paid(5)
    now = clock.now()
    assert not services.start_working_off(now=now)
    later = now + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert services.start_working_off(now=later)
    assert not services.start_working_off(now=later)  # one is enough
    drain()
    assert [_state(one) for one in ready] == [ParcelState.DECLARED] * 5
    assert [seen(one).state for one in ready] == [DeclarationState.MATCHING] * 5
    sent = sql.rows("SELECT documents FROM customs_batch WHERE kind = '311' ORDER BY documents")
    assert [row["documents"] for row in sent] == [1, 2, 2]
    assert not services.start_working_off(now=later)


def test_what_one_is_refused_for_holds_no_other(customs_port: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "GRACE", timedelta(seconds=-1))  # the carrier's clock is its own
    fine, unbooked, differing = _paid(1), _paid(1, carry=False), _paid(1, payer_check=PayerCheck.DIFFERENT)
    customs_port.control("carrier", down=True)
    later = clock.now()
    last = services.work_off(after=None, now=later)
    assert isinstance(last, UUID)
    assert services.work_off(after=last, now=later) is None
    assert [_state(one) for one in (*fine, *unbooked, *differing)] == [
        ParcelState.DECLARED, ParcelState.PAID, ParcelState.PAID,
    ]  # fmt: skip
    assert seen(differing[0]).state is DeclarationState.HELD
    customs_port.control("carrier", down=False)
    services.work_off(after=None, now=later)
    drain()
    assert [_state(one) for one in (*unbooked, *differing)] == [ParcelState.DECLARED, ParcelState.HELD]


def test_somebody_is_called_to_a_paid_parcel_that_nobody_declares_for_a_day(customs_port: Sandbox) -> None:
    """Its carrier says no, so customs knows of nothing that it was put off for."""
    people.clerk(Role.CUSTOMS)
    people.clerk(Role.WAREHOUSE)
    _paid(1, carry=False)
    now = clock.now()
    mail.outbox.clear()
    assert services.call_to_undeclared(now=now + timedelta(hours=23)) == 0
    assert services.call_to_undeclared(now=now + timedelta(hours=25)) == 1
    (letter,) = mail.outbox
    assert letter.subject.endswith("已付款包裹尚未申报：1 个") and "/office/declarations/stuck/" in letter.body


READINGS = "SELECT count(*)::int AS n FROM audit_entry WHERE action = 'identity.real_name_read'"


def _readings() -> int:
    return int(sql.rows(READINGS)[0]["n"])


@pytest.fixture
def silent_wallet(customs_port: Sandbox, settings: Any) -> Sandbox:
    """Payments are declared by their provider, who does not answer."""
    settings.PAYMENT_DECLARER, settings.PAYMENT_PLACES = "sandbox", {"*": "SANDBOX"}
    settings.PAYMENT_URL = "http://127.0.0.1:9/pay"  # nobody listens there
    return customs_port


def _round(at: datetime) -> None:
    services.start_working_off(now=at)
    sql.run("DELETE FROM procrastinate_jobs")  # the clock of the queue is its own
    last = None
    while (last := services.work_off(after=last, now=at)) is not None:
        sql.run("DELETE FROM procrastinate_jobs")


def test_what_cannot_be_declared_is_tried_ever_later_and_then_left_to_a_person(silent_wallet: Sandbox) -> None:
    (one,) = _paid(1)
    begin = clock.now() + timedelta(hours=1)
    read = [(_round(begin + timedelta(minutes=30 * n)), _readings())[1] for n in range(96)]  # two days of rounds
    tried_in = [n for n in range(96) if read[n] != (read[n - 1] if n else 0)]
    assert tried_in == [0, 1, 3, 7, 15, 31]
    (put_off,) = undeclared.put_off()
    assert (put_off.parcel_id, put_off.tries, put_off.next_at) == (one.parcel.id, 6, None)
    assert put_off.words["zh-hans"] != put_off.words["en"]
    late = begin + timedelta(days=3)
    customs.try_again(parcel_id=one.parcel.id, buyer_id=one.buyer_id, actor="li", now=late)
    _round(late)
    assert _readings() == read[-1] + 1
    (again,) = undeclared.put_off()
    assert (again.tries, again.next_at) == (1, late + timedelta(minutes=30))


def test_what_was_put_off_and_is_declared_since_is_forgotten(silent_wallet: Sandbox, settings: Any) -> None:
    ready = _paid(2)
    begin = clock.now() + timedelta(hours=1)
    _round(begin)
    assert len(undeclared.put_off()) == 2
    settings.PAYMENT_DECLARER, settings.PAYMENT_PLACES = "", {}
    _round(begin + timedelta(minutes=29))
    assert [_state(one) for one in ready] == [ParcelState.PAID] * 2
    _round(begin + timedelta(minutes=31))
    assert [_state(one) for one in ready] == [ParcelState.DECLARED] * 2
    assert undeclared.put_off() == []
    assert customs.forget_put_off() == 2
    with pytest.raises(customs.NothingPutOff):
        customs.try_again(parcel_id=ready[0].parcel.id, buyer_id=ready[0].buyer_id, actor="li", now=begin)
