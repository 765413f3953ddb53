"""Every step of a payment's money is written down once, in whatever order it is told, and adds up to the counters."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id
from entrepot.payments import providers, rules, selectors, services
from entrepot.payments.providers.port import RefundFact, Said
from entrepot.payments.services import refunding
from entrepot.payments.services.advance import advance
from entrepot.payments.services.exchange import Raw
from entrepot.payments.tests.makers import captured, captured_fact, intended, intent, movements, opened, strike
from entrepot.payments.types import Action, Balance, Outcome, PaymentState, RefundState, TransactionEvent
from tests.examples import many
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db

Told = tuple[str, str]


def told(payment_id: UUID, buyer_id: UUID) -> list[Told]:
    events = selectors.transaction_events(payment_id=payment_id, buyer_id=buyer_id)
    return [(event.action.value, event.outcome.value) for event in events]


def balance(payment_id: UUID, buyer_id: UUID) -> Balance:
    return selectors.balance(events=selectors.transaction_events(payment_id=payment_id, buyer_id=buyer_id))


def test_a_payment_is_asked_for_taken_and_given_back(sandbox: Sandbox) -> None:
    payment_id, buyer_id = intended(intent(700, 300))
    assert told(payment_id, buyer_id) == []  # nobody was asked for money yet
    key = {"payment_id": payment_id, "buyer_id": buyer_id}
    address = services.open(
        **key, return_url="http://127.0.0.1:9/", notify_url="http://127.0.0.1:9/", payer=("张", "1"), now=clock.now()
    )
    assert told(**key) == [("capture", "pending")]
    assert balance(**key) == Balance(capturing_minor=1_000)
    sandbox.pay(address)
    services.query(**key, now=clock.now())
    assert balance(**key) == Balance(captured_minor=1_000)
    refund = services.refund(**key, amount_minor=400, reason="", key="a", now=clock.now())
    assert balance(**key) == Balance(captured_minor=1_000, refunded_minor=400)
    events = selectors.transaction_events(**key)
    assert [(one.action, one.outcome, one.amount_minor, one.key, one.told_by) for one in events] == [
        (Action.CAPTURE, Outcome.PENDING, 1_000, str(payment_id), "ask"),
        (Action.CAPTURE, Outcome.SUCCEEDED, 1_000, str(payment_id), "query"),
        (Action.REFUND, Outcome.PENDING, 400, str(refund.id), "ask"),
        (Action.REFUND, Outcome.SUCCEEDED, 400, str(refund.id), "refund"),
    ]
    payment = selectors.payment(**key)
    assert payment is not None
    assert [one.provider_number for one in events] == [None, payment.provider_payment, None, refund.provider_refund]
    assert (events[1].at, events[3].at) == (payment.captured_at, refund.done_at)
    assert selectors.discrepancies() == []


@pytest.mark.parametrize("fault", ["down", "http_500", "success_after_timeout", "wrong_answer"])
def test_what_is_asked_for_is_written_before_the_provider_hears(sandbox: Sandbox, fault: str, settings: Any) -> None:
    settings.OUTSIDE_TIMEOUT_S = 0.5 if fault == "success_after_timeout" else 60.0
    sandbox.control("pay", next=[fault], delay_s=3_600)
    with pytest.raises(services.ProviderSilent):
        opened(made := intent(100))
    payment = selectors.payment(order_id=made.order_id, buyer_id=made.buyer_id)
    assert payment is not None and payment.state is PaymentState.PENDING
    assert told(payment.id, payment.buyer_id) == [("capture", "pending")]
    assert selectors.discrepancies() == []
    settings.OUTSIDE_TIMEOUT_S = 60.0
    assert opened(made)[0] == payment.id
    assert told(payment.id, payment.buyer_id) == [("capture", "pending")]


def test_what_was_never_asked_for_leaves_no_trace_when_it_fails() -> None:
    made = intent()
    payment_id, buyer_id = intended(made)
    fact = captured_fact(made, payment_id, clock.now())
    say("failed", fact)
    assert told(payment_id, buyer_id) == []
    say("captured", fact)  # money was taken all the same
    assert told(payment_id, buyer_id) == [("capture", "pending"), ("capture", "succeeded")]
    assert selectors.discrepancies() == []


def test_an_agreement_reserves_the_sum_and_then_it_is_taken(sandbox: Sandbox, settings: Any) -> None:
    """A provider that takes money in two steps, driven by the clock alone."""
    settings.PAYMENT_AUTHORISE_FIRST = True
    payment_id, buyer_id, address = opened(intent(1_000))
    key = {"payment_id": payment_id, "buyer_id": buyer_id}
    assert balance(**key) == Balance(authorising_minor=1_000)
    sandbox.pay(address)
    [notice] = sandbox.collect("pay")
    services.take_notice(
        provider="sandbox", body=notice["body"].encode(), headers=notice["headers"], now=clock.now(), then=pytest.fail
    )
    assert balance(**key) == Balance(authorised_minor=1_000, capturing_minor=1_000)
    assert selectors.discrepancies() == []
    sandbox.control("pay", next=["wrong_answer"])
    strike(payment_id)
    assert selectors.payment(**key).state is PaymentState.AUTHORISED  # type: ignore[union-attr]
    providers.provider("sandbox").capture(payment_id, clock.now())  # taken, and we never read the answer
    strike(payment_id)
    assert movements(payment_id) == [("capture", 1_000)]
    assert told(**key) == [
        ("authorise", "pending"), ("authorise", "succeeded"), ("capture", "pending"), ("capture", "succeeded"),
    ]  # fmt: skip
    assert balance(**key) == Balance(captured_minor=1_000)
    assert selectors.payment(**key).state is PaymentState.CAPTURED  # type: ignore[union-attr]
    assert selectors.discrepancies() == []


def test_what_was_reserved_may_lapse(sandbox: Sandbox, settings: Any) -> None:
    settings.PAYMENT_AUTHORISE_FIRST = True
    made = intent(1_000)
    payment_id, buyer_id, _ = opened(made)
    fact = captured_fact(made, payment_id, clock.now())
    say("authorised", fact)
    say("failed", fact)
    assert balance(payment_id, buyer_id) == Balance()
    assert told(payment_id, buyer_id)[-1] == ("capture", "failed")
    assert selectors.discrepancies() == []


STATES = {state.value: state for state in PaymentState}


def say(state: str, fact: Any) -> None:
    fact = replace(fact, state=STATES[state], captured_at=fact.captured_at if state == "captured" else None)
    advance(fact=fact, raw=Raw("notice", Said(state, "", None), once=True), now=clock.now())


@given(
    news=st.lists(st.sampled_from(["open", "authorised", "captured", "failed"]), max_size=6),
    refunds=st.lists(
        st.tuples(st.integers(1, 60), st.lists(st.sampled_from(list(RefundState)), max_size=3)), max_size=4
    ),
    asked=st.booleans(),
)
@settings(max_examples=many(150))
def test_whatever_is_told_in_whatever_order_the_events_add_up(
    news: list[str], refunds: list[tuple[int, list[RefundState]]], asked: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refunding, "_tell_provider", lambda payment, refund, now: refund)
        _walk(news, refunds, asked)


def _walk(news: list[str], refunds: list[tuple[int, list[RefundState]]], asked: bool) -> None:
    made = intent(100)
    payment_id, buyer_id = intended(made)
    key = {"payment_id": payment_id, "buyer_id": buyer_id}
    if asked or "open" in news:
        services.begin(**key, now=clock.now())
    fact = captured_fact(made, payment_id, clock.now())
    for state in news:
        say(state, fact)
    for n, (amount_minor, outcomes) in enumerate(refunds):
        try:
            wish = services.refund(**key, amount_minor=amount_minor, reason="", key=str(n), now=clock.now())
        except (services.NothingToRefund, services.RefundTooLarge):
            continue
        for state in outcomes:
            said = RefundFact(wish.id, payment_id, buyer_id, state, f"50{n}", amount_minor, clock.now())
            refunding.end_refund(fact=said, raw=Raw("query", Said("x", "", None)), now=clock.now())
    payment = selectors.payment(**key)
    assert payment is not None
    found = balance(**key)
    assert found.captured_minor == (100 if payment.is_captured else 0)
    assert (found.refunded_minor, found.refunding_minor) == (payment.refunded_minor, payment.refunding_minor)
    assert payment.is_captured == ("captured" in news)
    assert selectors.discrepancies() == []


@given(st.lists(st.tuples(st.sampled_from(Action), st.sampled_from(Outcome)), unique=True), st.randoms())
def test_a_balance_does_not_depend_on_the_order(steps: list[tuple[Action, Outcome]], dice: Any) -> None:
    at = clock.now()
    events = [TransactionEvent(new_id(), action, outcome, 5, "k", None, "ask", at, at) for action, outcome in steps]
    shuffled = list(events)
    dice.shuffle(shuffled)
    assert rules.balance(shuffled) == rules.balance(events)


BROKEN = {
    "captured": "DELETE FROM payments_transactionevent WHERE outcome = 'succeeded' AND action = 'capture'",
    "refunded": "UPDATE payments_payment SET refunded_minor = refunded_minor - 1 WHERE refunded_minor > 0",
    "refunding": "UPDATE payments_payment SET refunding_minor = 0 WHERE refunding_minor > 0",
    "asked": "DELETE FROM payments_transactionevent WHERE outcome = 'pending' AND action = 'capture'",
    "state": "UPDATE payments_payment SET state = 'failed' WHERE state = 'pending'",
    "refund": "UPDATE payments_refund SET state = 'failed', ask_at = NULL WHERE state = 'pending'",
    "orphan": "UPDATE payments_split SET payment_id = gen_random_uuid()",
}
FOLLOWS = {"captured": "state", "refunding": "", "asked": ""}


@pytest.mark.parametrize(("rule", "statement"), BROKEN.items())
def test_a_broken_book_is_found_and_named(rule: str, statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunding, "_tell_provider", lambda payment, refund, now: refund)
    payment = captured(intent(100)).payment
    key = {"payment_id": payment.id, "buyer_id": payment.buyer_id, "reason": "", "now": clock.now()}
    done = services.refund(**key, amount_minor=30, key="a")
    said = RefundFact(done.id, payment.id, payment.buyer_id, RefundState.DONE, "50", 30, clock.now())
    refunding.end_refund(fact=said, raw=Raw("refund", Said("x", "", None)), now=clock.now())
    services.refund(**key, amount_minor=10, key="b")
    waiting, buyer_id = intended()
    services.begin(payment_id=waiting, buyer_id=buyer_id, now=clock.now())
    assert selectors.discrepancies() == []
    sql.run(statement)
    found = {row["rule"] for row in selectors.discrepancies()}
    assert rule in found and found <= {rule, FOLLOWS.get(rule, "")}


def test_payments_from_before_there_were_events_are_told_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the migration writes is what the verbs would have written."""
    monkeypatch.setattr(refunding, "_tell_provider", lambda payment, refund, now: refund)
    payment = captured(intent(100)).payment
    key = {"payment_id": payment.id, "buyer_id": payment.buyer_id, "reason": "", "now": clock.now()}
    for n, state in enumerate(RefundState):
        wish = services.refund(**key, amount_minor=10, key=str(n))
        said = RefundFact(wish.id, payment.id, payment.buyer_id, state, f"50{n}", 10, clock.now())
        refunding.end_refund(fact=said, raw=Raw("refund", Said("x", "", None)), now=clock.now())
    made = intent()
    closed, buyer_id = intended(made)
    services.begin(payment_id=closed, buyer_id=buyer_id, now=clock.now())
    say("open", captured_fact(made, closed, clock.now()))
    say("failed", captured_fact(made, closed, clock.now()))
    intended()  # never opened
    columns = "buyer_id, payment_id, action, outcome, amount_minor, key, provider_number"
    every = f"SELECT {columns} FROM payments_transactionevent ORDER BY payment_id, key, action, outcome"
    before = sql.rows(every)
    assert len(before) == 9
    sql.run("DELETE FROM payments_transactionevent")
    assert selectors.discrepancies() != []
    sql.run(import_module("entrepot.payments.migrations.0002_transaction_events").TELL)
    assert sql.rows(every) == before
    assert selectors.discrepancies() == []
