"""A payment that is not wanted any more is closed at its provider: nothing stays reserved, and nobody can pay it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from entrepot.kit import clock
from entrepot.kit.ids import new_id
from entrepot.outbox.testing import drain
from entrepot.payments import providers, selectors, services
from entrepot.payments.tests.makers import intended, intent
from entrepot.payments.types import Payment, PaymentState
from tests.sandboxed import Sandbox

pytestmark = pytest.mark.django_db


def key(found: tuple[UUID, UUID]) -> dict[str, Any]:
    return {"payment_id": found[0], "buyer_id": found[1]}


def opened(of: dict[str, Any]) -> str:
    back = {"return_url": "http://127.0.0.1:9/", "notify_url": "http://127.0.0.1:9/"}
    return services.open(**of, **back, payer=("张", "1"), now=clock.now())


def read(of: dict[str, Any]) -> Payment:
    found = selectors.payment(**of)
    assert found is not None
    return found


def test_what_was_reserved_is_free_again(sandbox: Sandbox, settings: Any) -> None:
    settings.PAYMENT_AUTHORISE_FIRST = True
    assert providers.provider("sandbox").authorises_first
    of = key(intended(intent(700, 300)))
    sandbox.pay(opened(of))
    sandbox.control("pay", next=["down"])
    with pytest.raises(services.ProviderSilent):
        services.close(**of, now=clock.now())
    assert services.close(**of, now=clock.now()).state is PaymentState.FAILED
    said, answer = providers.provider("sandbox").query(of["payment_id"], clock.now())
    assert '"state":"closed"' in said.response.replace(" ", ""), answer
    _, taken = providers.provider("sandbox").capture(of["payment_id"], clock.now())
    assert isinstance(taken, providers.port.No)
    assert selectors.discrepancies() == []
    kinds = [one.kind for one in selectors.raw_exchange(**of)]
    assert kinds.count("close") == 2


def test_nobody_can_pay_what_was_closed_and_closing_twice_is_once(sandbox: Sandbox) -> None:
    of = key(intended(intent(100)))
    opened(of)
    assert services.close_later(payment=read(of))
    drain()
    assert read(of).state is PaymentState.FAILED
    assert services.close(**of, now=clock.now()).state is PaymentState.FAILED
    assert not services.close_later(payment=read(of))
    with pytest.raises(services.PaymentClosed):
        opened(of)


def test_what_was_taken_meanwhile_stays_taken(sandbox: Sandbox) -> None:
    of = key(intended(intent(100)))
    sandbox.pay(opened(of))
    assert services.close(**of, now=clock.now()).state is PaymentState.OPEN  # its notice is on the way
    assert services.query(**of, now=clock.now()).payment.state is PaymentState.CAPTURED
    assert services.close(**of, now=clock.now()).state is PaymentState.CAPTURED


def test_a_provider_that_never_heard_of_it_has_nothing_to_close(sandbox: Sandbox) -> None:
    of = key(intended(intent(100)))
    assert services.close(**of, now=clock.now()).state is PaymentState.PENDING
    with pytest.raises(services.UnknownPayment):
        services.close(payment_id=new_id(), buyer_id=of["buyer_id"], now=clock.now())


def test_a_provider_is_not_asked_about_what_nobody_went_to_the_cashier_for(sandbox: Sandbox) -> None:
    stayed, went = key(intended(intent(100))), key(intended(intent(100)))
    opened(went)
    at = clock.now() + timedelta(minutes=3)
    assert [payment_id for payment_id, _ in selectors.payments_to_ask(now=at)] == [went["payment_id"]]
    assert services.give_up_unbegun(now=at) == 0
    over = at + timedelta(days=1)
    assert services.give_up_unbegun(now=over) == 1
    assert (read(stayed).state, read(went).state) == (PaymentState.FAILED, PaymentState.OPEN)
    with pytest.raises(services.PaymentClosed):
        opened(stayed)
    assert selectors.discrepancies() == []
