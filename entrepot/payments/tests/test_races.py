"""Races about one payment on the real database: many notices and queries at one moment, many refunds at one moment.

The controls take the guard off and must capture twice and refund too much; without them a green race proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError

from entrepot.kit import clock, sql
from entrepot.kit.tests.racing import at_once
from entrepot.payments import selectors, services
from entrepot.payments.models import Payment, RawExchange, Refund
from entrepot.payments.providers.port import RefundFact, Said
from entrepot.payments.services import advance as advancing
from entrepot.payments.services import refunding
from entrepot.payments.services.exchange import Raw
from entrepot.payments.tests.makers import captured, captured_fact, intended, intent
from entrepot.payments.types import PaymentState, RefundState

CALLS = 24

pytestmark = pytest.mark.django_db(transaction=True)


def race(attempt: Callable[[int], bool]) -> int:
    """How many of the calls that begin at one moment said yes."""
    return at_once([partial(attempt, number) for number in range(CALLS)]).count(True)


def replace_statement(monkeypatch: pytest.MonkeyPatch, verb: str, careless: str) -> None:
    original = sql.load
    monkeypatch.setattr(sql, "load", lambda context, wanted: careless if wanted == verb else original(context, wanted))


def notices_at_one_moment() -> tuple[int, list[object]]:
    """(how many calls say that they captured, what was settled)."""
    made = intent(900, 100)
    payment_id, _ = intended(made)
    fact = captured_fact(made, payment_id, clock.now())
    settled: list[object] = []

    def take(number: int) -> bool:
        # Every other one is the same notice delivered again, the rest are queries that found it captured.
        kind, once = ("notice", True) if number % 2 else ("query", False)
        raw = Raw(kind, Said("the same words", "", None), keep_always=once, once=once)
        return advancing.advance(fact=fact, raw=raw, now=clock.now(), then=settled.append).fresh

    fresh = race(take)
    assert RawExchange.objects.filter(payment_id=payment_id, kind="notice").count() == 1
    return fresh, settled


def test_of_many_notices_at_one_moment_one_captures() -> None:
    fresh, settled = notices_at_one_moment()
    assert fresh == len(settled) == 1


def test_control_without_the_state_in_the_write_many_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = sql.load("payments", "advance")
    careless = guarded.replace("AND p.state = ANY(%(from_states)s::text[])", "")
    assert careless != guarded
    replace_statement(monkeypatch, "advance", careless)
    fresh, settled = notices_at_one_moment()
    assert fresh == len(settled) > 1


def refunds_at_one_moment(key_of: Callable[[int], str]) -> int:
    """How many calls get a refund of 60 of 100."""
    payment = captured(intent(100)).payment

    def ask(number: int) -> bool:
        try:
            services.refund(
                payment_id=payment.id,
                buyer_id=payment.buyer_id,
                amount_minor=60,
                reason="",
                key=key_of(number),
                now=clock.now(),
            )
        except (services.RefundTooLarge, IntegrityError):
            return False
        return True

    return race(ask)


@pytest.fixture
def silent_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race is about our books: what the provider answers has its own tests."""
    monkeypatch.setattr(refunding, "_tell_provider", lambda payment, refund, now: refund)


@pytest.mark.usefixtures("silent_provider")
def test_of_many_refunds_at_one_moment_no_more_than_was_paid_goes_back() -> None:
    assert refunds_at_one_moment(str) == 1
    payment = Payment.objects.get()
    assert (payment.refunding_minor, payment.state) == (60, PaymentState.REFUND_PENDING)
    assert Refund.objects.count() == 1


@pytest.mark.usefixtures("silent_provider")
def test_one_key_at_one_moment_is_one_refund() -> None:
    assert refunds_at_one_moment(lambda _number: "same") == CALLS
    assert Refund.objects.count() == 1
    assert Payment.objects.get().refunding_minor == 60


@pytest.mark.usefixtures("silent_provider")
def test_control_without_the_counter_in_the_write_too_much_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = sql.load("payments", "ask_refund")
    careless = guarded.replace(
        "AND p.refunded_minor + p.refunding_minor + %(amount_minor)s <= p.amount_minor", ""
    ).replace("p.refunding_minor + %(amount_minor)s", "least(p.refunding_minor + %(amount_minor)s, p.amount_minor)")
    assert careless != guarded
    replace_statement(monkeypatch, "ask_refund", careless)
    refunds_at_one_moment(str)
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) > 100


def test_refunds_that_end_at_one_moment_add_up() -> None:
    """Many refunds of one payment are told done at once: the payment's counters follow each."""
    payment = captured(intent(CALLS)).payment
    facts = []
    for number in range(CALLS):
        refund = Refund.objects.create(
            buyer_id=payment.buyer_id,
            payment_id=payment.id,
            key=str(number),
            amount_minor=1,
            reason="",
            state=RefundState.PENDING,
            requested_at=clock.now(),
            ask_at=clock.now(),
        )
        facts.append(
            RefundFact(
                refund_id=refund.id,
                payment_id=payment.id,
                buyer_id=payment.buyer_id,
                state=RefundState.DONE,
                provider_refund=f"50{number}",
                amount_minor=1,
                done_at=clock.now(),
            )
        )
    Payment.objects.filter(id=payment.id).update(refunding_minor=CALLS, state=PaymentState.REFUND_PENDING)

    def end(number: int) -> bool:
        raw = Raw("notice", Said(f"refund {number}", "", None), once=True)
        return refunding.end_refund(fact=facts[number], raw=raw, now=clock.now()).state is RefundState.DONE

    assert race(end) == CALLS
    found = selectors.payment(payment_id=payment.id, buyer_id=payment.buyer_id)
    assert found is not None
    assert (found.state, found.refunded_minor, found.refunding_minor) == (PaymentState.REFUNDED, CALLS, 0)
