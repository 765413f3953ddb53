"""Verbs without a provider: intents, what providers say in any order, what is refused, what is counted."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from entrepot.kit import clock, signatures, signed
from entrepot.kit.ids import new_id
from entrepot.outbox.testing import drain
from entrepot.payments import selectors, services, tasks
from entrepot.payments.models import Payment as PaymentRow
from entrepot.payments.models import RawExchange
from entrepot.payments.models import Refund as RefundRow
from entrepot.payments.providers.port import Fact, Said
from entrepot.payments.services.advance import advance
from entrepot.payments.services.exchange import Raw
from entrepot.payments.tests.bank import Bank
from entrepot.payments.tests.makers import (
    NOTIFY_URL,
    PAYER,
    RETURN_URL,
    captured,
    captured_fact,
    intended,
    intent,
    opened,
    strike,
)
from entrepot.payments.types import Captured, PaymentState, RefundState, SplitWish
from tests.examples import many
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


def say(fact: Fact, words: str = "x") -> Captured:
    return advance(fact=fact, raw=Raw("notice", Said(words, "", None), once=True), now=clock.now())


def statements(work: Any) -> int:
    """How many statements, without the marks of nested transactions that only tests make."""
    with CaptureQueriesContext(connection) as seen:
        work()
    return sum("SAVEPOINT" not in query["sql"] for query in seen.captured_queries)


def test_an_order_has_one_open_payment() -> None:
    made = intent()
    first, _ = intended(made)
    assert intended(made)[0] == first
    with pytest.raises(services.IntentDiffers):
        intended(structs.replace(made, amount_minor=1, splits=(SplitWish(new_id(), "n", 1),)))
    say(captured_fact(made, first, clock.now()))
    with pytest.raises(services.AlreadyPaid):
        intended(made)


def test_after_a_failed_payment_the_order_may_be_paid_again() -> None:
    made = intent()
    first, buyer_id = intended(made)
    fact = captured_fact(made, first, clock.now())
    say(replace(fact, state=PaymentState.FAILED))
    second, _ = intended(made)
    assert second != first
    assert selectors.payment(order_id=made.order_id, buyer_id=buyer_id).id == second
    late = say(fact, "late")  # money taken all the same: it must be known, so that it can go back
    assert late.fresh and late.payment.state is PaymentState.CAPTURED


@pytest.mark.parametrize(
    "wrong",
    [
        {"splits": ()},
        {"amount_minor": 1},
        {"splits": (SplitWish(new_id(), "n", 6_500), SplitWish(new_id(), "n", 6_500))},
    ],
)
def test_intents_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        intended(structs.replace(intent(), **wrong))


def test_an_unknown_provider_is_refused_by_name() -> None:
    with pytest.raises(services.UnknownProvider) as said:
        intended(intent(provider="bank of nowhere"))
    assert said.value.field == "provider"
    with pytest.raises(services.UnknownProvider):
        services.take_notice(provider="nobody", body=b"", headers={}, now=clock.now())


@pytest.mark.parametrize(
    "change",
    [
        lambda fact: {"amount_minor": fact.amount_minor - 1},
        lambda fact: {"currency": "EUR"},
        lambda fact: {"splits": fact.splits[:1]},
        lambda fact: {"splits": tuple((number, minor + 1, told) for number, minor, told in fact.splits)},
        lambda fact: {"splits": tuple((f"{number}x", minor, told) for number, minor, told in fact.splits)},
    ],
)
def test_what_is_not_exactly_ours_is_not_taken(change: Any) -> None:
    made = intent()
    payment_id, buyer_id = intended(made)
    fact = captured_fact(made, payment_id, clock.now())
    with pytest.raises(services.AmountDiffers):
        say(replace(fact, **change(fact)))
    payment = selectors.payment(payment_id=payment_id, buyer_id=buyer_id)
    assert payment.state is PaymentState.PENDING
    assert RawExchange.objects.filter(payment_id=payment_id).count() == 1  # kept all the same
    assert say(fact).fresh
    with pytest.raises(services.AmountDiffers):
        say(replace(fact, **change(fact)), "again")


def test_news_in_any_order_end_the_same() -> None:
    """Open, captured and closed in each order: money that was taken stays taken."""
    orders = [("open", "captured"), ("captured", "open"), ("captured", "closed"), ("closed", "captured", "open")]
    states = {"open": PaymentState.OPEN, "captured": PaymentState.CAPTURED, "closed": PaymentState.FAILED}
    for order in orders:
        made = intent()
        payment_id, _ = intended(made)
        fact = captured_fact(made, payment_id, clock.now())
        told = [say(replace(fact, state=states[word]), word) for word in order]
        assert told[-1].payment.state is PaymentState.CAPTURED
        assert [one.fresh for one in told].count(True) == 1


def test_settling_happens_in_the_transaction_that_captured() -> None:
    """A flow that fails takes the capture back with it; the next notice does both."""
    made = intent()
    payment_id, buyer_id = intended(made)

    def fail(_captured: Captured) -> None:
        raise DatabaseError("the order could not be written")

    def notice(then: Any) -> Captured:
        raw = Raw("notice", Said("x", "", None), once=True)
        return advance(fact=captured_fact(made, payment_id, clock.now()), raw=raw, now=clock.now(), then=then)

    with pytest.raises(DatabaseError):
        notice(fail)
    assert selectors.payment(payment_id=payment_id, buyer_id=buyer_id).state is PaymentState.PENDING
    settled: list[Captured] = []
    assert notice(settled.append).fresh
    assert notice(settled.append).fresh is False
    assert len(settled) == 1


def test_asking_for_what_is_captured_asks_nobody() -> None:
    payment = captured().payment  # no sandbox runs in this test
    assert services.query(payment_id=payment.id, buyer_id=payment.buyer_id, now=clock.now()).fresh is False
    with pytest.raises(services.UnknownPayment):
        services.query(payment_id=payment.id, buyer_id=new_id(), now=clock.now())
    with pytest.raises(ValueError):
        selectors.payment(buyer_id=payment.buyer_id)


@pytest.mark.django_db(transaction=True)
def test_outside_calls_refuse_to_run_inside_a_transaction() -> None:
    payment_id, buyer_id = intended()
    wish = {"payment_id": payment_id, "buyer_id": buyer_id, "now": clock.now()}
    with transaction.atomic():
        with pytest.raises(RuntimeError, match="durable"):
            services.query(**wish)
        with pytest.raises(RuntimeError, match="durable"):
            services.refund(amount_minor=1, reason="", key="a", **wish)
        with pytest.raises(RuntimeError, match="durable"):
            services.open(return_url=RETURN_URL, notify_url=NOTIFY_URL, payer=PAYER, **wish)


def test_without_a_secret_nothing_is_authentic(settings: Any) -> None:
    settings.PAYMENT_SECRET = ""
    body = b'{"type":"payment.captured","data":{}}'
    with pytest.raises(services.ForgedNotice):
        services.take_notice(provider="sandbox", body=body, headers={signatures.HEADER: "t=1,v1="}, now=clock.now())


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
_FIELDS = ["request_id", "attach", "state", "payment", "currency", "amount_minor", "captured_at", "payer_check"]
_FIELDS += ["verifying_department", "verifying_transaction", "company", "splits"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=many(150))
@given(data=st.dictionaries(st.sampled_from(_FIELDS), _json, min_size=1), cut=st.booleans())
def test_signed_nonsense_never_breaks_and_never_captures(db: Any, data: dict[str, Any], cut: bool) -> None:
    """A genuine notice with some fields replaced: refused by name, whatever stands in them."""
    view = genuine_view()
    changed = {name: value for name, value in (view | data).items() if not cut or name not in data}
    body = json.dumps({"event": "e", "type": "payment.captured", "data": changed}).encode()
    header = signatures.signature(secret=django_settings.PAYMENT_SECRET, body=body, at=clock.now())
    with suppress(services.ForgedNotice, services.UnknownPayment, services.AmountDiffers):
        services.take_notice(provider="sandbox", body=body, headers={signatures.HEADER: header}, now=clock.now())
    assert not PaymentRow.objects.filter(captured_at__isnull=False).exists()


_odd = _json | st.sampled_from(["", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=many(150))
@given(data=st.dictionaries(st.sampled_from(_FIELDS), _odd, max_size=2), shared=st.booleans())
def test_nonsense_for_an_answer_is_no_answer(db: Any, data: dict[str, Any], shared: bool) -> None:
    """A genuine answer with some fields replaced, or one transaction for two shares: refused by name."""
    made = intent(60, 40)
    payment_id, buyer_id = intended(made)
    shares = [
        {"number": one.number, "amount_minor": one.amount_minor, "transaction": "t" if shared else one.number}
        for one in made.splits
    ]
    view = genuine_view() | {"request_id": str(payment_id), "attach": str(buyer_id), "splits": shares} | data
    with pytest.MonkeyPatch.context() as wire:
        wire.setattr(signed.Party, "ask", lambda *_: signed.Answer("{}", "{}", 200, content=view))
        with suppress(services.ProviderSilent, services.UnknownPayment, services.AmountDiffers):
            services.query(payment_id=payment_id, buyer_id=buyer_id, now=clock.now())


def test_a_signed_answer_about_another_payment_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, other = intended(intent(100)), intended(intent(100))
    view = genuine_view() | {"request_id": str(other[0]), "attach": str(other[1])}
    monkeypatch.setattr(signed.Party, "ask", lambda *_: signed.Answer("{}", "{}", 200, content=view))
    with pytest.raises(services.ProviderSilent):
        services.query(payment_id=asked[0], buyer_id=asked[1], now=clock.now())
    assert set(PaymentRow.objects.values_list("state", flat=True)) == {PaymentState.PENDING}


@pytest.mark.parametrize("of", ["payment", "refund"])
def test_one_answer_that_breaks_us_keeps_nobody_behind_it_from_being_asked(
    monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    bank = Bank()
    bank.over(monkeypatch)
    asked: list[Any] = []

    def broken(what: Any, now: Any) -> Any:
        asked.append(getattr(what, "payment_id", what))
        raise DatabaseError("what it says cannot be written")

    made: list[Any] = []
    for _ in range(2):
        if of == "payment":
            made.append(opened()[0])
            PaymentRow.objects.filter(id=made[-1]).update(ask_at=clock.now())
            continue
        paid, bank.down = captured(intent(100)).payment, True
        key = {"payment_id": paid.id, "buyer_id": paid.buyer_id}
        services.refund(**key, amount_minor=100, reason="", key="a", now=clock.now())
        RefundRow.objects.filter(payment_id=paid.id).update(ask_at=clock.now())
        made.append(paid.id)
    monkeypatch.setattr(bank, "query" if of == "payment" else "refund", broken)
    for _ in range(2):  # the tick is tried again
        with suppress(DatabaseError):
            (tasks.ask_about_payments if of == "payment" else tasks.ask_about_refunds)()
    assert asked == made


def test_a_provider_that_names_another_amount_is_asked_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    bank = Bank()
    bank.over(monkeypatch)
    payment_id = opened()[0]
    bank.pay(payment_id, clock.now())
    bank.facts[payment_id] = replace(bank.facts[payment_id], amount_minor=1)
    mine, later = PaymentRow.objects.filter(id=payment_id), clock.now() + timedelta(hours=3)
    mine.update(ask_at=later)
    monkeypatch.setattr(tasks, "now", lambda: later)
    tasks.ask_about_payments()
    assert (mine.get().state, mine.get().ask_at) == (PaymentState.OPEN, later + timedelta(hours=1))


def test_of_what_was_said_with_a_provider_the_newest_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    made = intent()
    payment_id, buyer_id = intended(made)
    for words in ("one", "two", "three"):
        say(captured_fact(made, payment_id, clock.now()), words)
    of = {"payment_id": payment_id, "buyer_id": buyer_id}
    every = selectors.raw_exchange(**of)
    monkeypatch.setattr(selectors, "exchanges_max", 2)
    assert selectors.raw_exchange(**of) == every[1:]


def genuine_view() -> dict[str, Any]:
    """Of a payment that we do not have."""
    return {
        "request_id": str(new_id()),
        "attach": str(new_id()),
        "state": "captured",
        "payment": "42",
        "currency": "CNY",
        "amount_minor": 100,
        "captured_at": "2026-11-21T04:00:00+00:00",
        "payer_check": "same",
        "verifying_department": "2",
        "verifying_transaction": "NU",
        "company": {"code": "c", "name": "n"},
        "splits": [{"number": "n", "amount_minor": 100, "transaction": "t"}],
    }


def test_statements_are_counted(sandbox: Sandbox) -> None:
    """The whole of a payment: four statements; settling the order comes on top."""
    made = intent(500, 500, 500)
    assert statements(lambda: intended(made)) == 1
    payment_id, buyer_id = intended(made)
    found: list[str] = []

    def open_it() -> None:
        found.append(
            services.open(
                payment_id=payment_id,
                buyer_id=buyer_id,
                return_url=RETURN_URL,
                notify_url=NOTIFY_URL,
                payer=PAYER,
                now=clock.now(),
            )
        )

    assert statements(open_it) == 2
    sandbox.pay(found[0])
    [message] = sandbox.collect("pay")

    def take() -> None:
        services.take_notice(
            provider="sandbox",
            body=message["body"].encode(),
            headers=message["headers"],
            now=clock.now(),
            then=lambda _captured: None,
        )

    assert statements(take) == 1
    assert statements(take) == 2  # repeated: nothing moves, the payment is read
    again = {"payment_id": payment_id, "buyer_id": buyer_id, "now": clock.now()}
    assert statements(lambda: services.query(**again)) == 1
    _, _, address = opened()
    assert address


def test_the_payments_of_many_orders_are_those_of_each(django_assert_num_queries: Any) -> None:
    one, two, three = intent(), intent(), intent()
    tried, _ = intended(one)
    PaymentRow.objects.filter(id=tried).update(state=PaymentState.FAILED)
    again, _ = intended(one)
    PaymentRow.objects.filter(id=again).update(state=PaymentState.FAILED)
    last, _ = intended(one)
    paid, _ = intended(two)
    failed, _ = intended(three)
    PaymentRow.objects.filter(id=failed).update(state=PaymentState.FAILED)
    orders = {(made.buyer_id, made.order_id) for made in (one, two, three)}
    with django_assert_num_queries(1):
        found = selectors.ids(orders=orders)
    assert found == {one.order_id: last, two.order_id: paid, three.order_id: failed}
    for buyer_id, order_id in orders:
        payment = selectors.payment(order_id=order_id, buyer_id=buyer_id)
        assert payment is not None
        assert payment.id == found[order_id]


def test_money_that_is_to_go_back_is_asked_for_until_the_provider_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty account there: the job fails and says why, and asks anew the next time; the money goes back once."""
    bank = Bank()
    bank.over(monkeypatch)
    of = captured(intent(1_000)).payment
    wish = {
        "payment_id": of.id,
        "buyer_id": of.buyer_id,
        "amount_minor": 1_000,
        "key": f"late:{of.id}",
        "now": clock.now(),
    }
    bank.empty = True
    for _ in range(2):
        with pytest.raises(services.RefundRefused) as refused:
            services.give_back(**wish)
    assert refused.value.data == {"reason": "not_enough_balance"}
    bank.empty = False
    for _ in range(2):
        services.give_back(**wish)
    states = [one.state for one in selectors.refunds(payment_id=of.id, buyer_id=of.buyer_id)]
    assert sorted(states) == sorted([RefundState.FAILED, RefundState.FAILED, RefundState.DONE])
    assert bank.charged(of.id)[1] == 1_000
    assert selectors.discrepancies() == []


def test_money_whose_refund_is_refused_when_it_is_asked_about_later_still_goes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Silence first, so the job that ordered it is over; then a no, told to the clock; then there is money again."""
    bank = Bank()
    bank.over(monkeypatch)
    of = captured(intent(1_000)).payment
    key = {"payment_id": of.id, "buyer_id": of.buyer_id}
    services.give_back_later(**key, amount_minor=1_000, key=f"late:{of.id}")
    bank.down = True
    drain()
    bank.down, bank.empty = False, True
    strike(of.id)
    bank.empty = False
    for _ in range(2):
        strike(of.id)
        drain()
    assert bank.charged(of.id)[1] == 1_000
    assert {one.key for one in selectors.refunds(**key)} == {f"late:{of.id}", f"late:{of.id}:again1"}
    assert selectors.discrepancies() == []
