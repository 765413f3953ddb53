"""Small builders for tests here and above. Those that reach the sandbox need its fixture (tests/sandboxed.py)."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from entrepot.kit import clock
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.ids import new_id
from entrepot.payments import models, providers, services, tasks
from entrepot.payments.providers.port import Fact, Order, Said
from entrepot.payments.providers.sandbox import SandboxProvider
from entrepot.payments.services.advance import Settle, advance
from entrepot.payments.services.exchange import Raw
from entrepot.payments.types import Captured, PayerCheck, Payment, PaymentIntent, PaymentState, SplitWish

RETURN_URL = "http://127.0.0.1:8000/orders/return"
NOTIFY_URL = "http://127.0.0.1:8000/callbacks/payments/sandbox"
wait_s = 60
PAYER = ("张三丰", "11010519491231002X")


def intent(*amounts: int, **changes: Any) -> PaymentIntent:
    """An intent of one parcel per amount."""
    amounts = amounts or (12_345, 655)
    number = f"KL{new_id().int % 10**12:012d}"
    splits = tuple(SplitWish(new_id(), f"{number}-{i}", amount) for i, amount in enumerate(amounts, 1))
    made = PaymentIntent(
        buyer_id=new_id(),
        order_id=new_id(),
        order_number=number,
        provider="sandbox",
        currency="CNY",
        amount_minor=sum(amounts),
        splits=splits,
        payer_real_name_id=new_id(),
    )
    return structs.replace(made, **changes)


def intended(made: PaymentIntent | None = None, now: datetime | None = None) -> tuple[UUID, UUID]:
    """(payment_id, buyer_id) of a stored intent."""
    made = made or intent()
    return services.intend(intent=made, now=now or clock.now()), made.buyer_id


def opened(made: PaymentIntent | None = None) -> tuple[UUID, UUID, str]:
    """(payment_id, buyer_id, address of the cashier) of a payment that the sandbox knows."""
    payment_id, buyer_id = intended(made)
    address = services.open(
        payment_id=payment_id,
        buyer_id=buyer_id,
        return_url=RETURN_URL,
        notify_url=NOTIFY_URL,
        payer=PAYER,
        now=clock.now(),
    )
    return payment_id, buyer_id, address


def captured_fact(made: PaymentIntent, payment_id: UUID, at: datetime, **changes: Any) -> Fact:
    """What a provider would say of this payment once the buyer paid."""
    fact = Fact(
        payment_id=payment_id,
        buyer_id=made.buyer_id,
        state=PaymentState.CAPTURED,
        provider_payment=f"42{payment_id.int % 10**20}",
        currency=made.currency,
        amount_minor=made.amount_minor,
        captured_at=at,
        payer_check=PayerCheck.SAME,
        verifying_department="2",
        verifying_transaction="NU1",
        company_code="4403169SBX",
        company_name="沙盒支付有限公司",
        splits=tuple((split.number, split.amount_minor, f"43{new_id().int % 10**20}") for split in made.splits),
    )
    return replace(fact, **changes)


def captured(made: PaymentIntent | None = None, then: Settle | None = None) -> Captured:
    """A paid payment, without a provider: as if its notice had just been taken."""
    made = made or intent()
    now = clock.now()
    payment_id, _ = intended(made, now)
    raw = Raw("notice", Said(f'{{"payment":"{payment_id}"}}', "", None), once=True)
    return advance(fact=captured_fact(made, payment_id, now), raw=raw, now=now, then=then)


def told_captured(payment: Payment, now: datetime, then: Settle | None = None, **changes: Any) -> Captured:
    """The notice that a stored payment was captured, without a provider. Without `then` the event is told."""
    made = intent(
        buyer_id=payment.buyer_id,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        splits=tuple(SplitWish(one.parcel_id, one.number, one.amount_minor) for one in payment.splits),
    )
    raw = Raw("notice", Said(f'{{"payment":"{payment.id}"}}', "", None), once=True)
    return advance(fact=captured_fact(made, payment.id, now, **changes), raw=raw, now=now, then=then)


def strike(payment_id: UUID) -> None:
    """The clock strikes when the provider is to be asked about this payment and its refunds."""
    models.Payment.objects.filter(id=payment_id, ask_at__isnull=False).update(ask_at=clock.now())
    models.Refund.objects.filter(payment_id=payment_id, ask_at__isnull=False).update(ask_at=clock.now())
    tasks.ask_about_payments()
    tasks.ask_about_refunds()


def movements(payment_id: UUID) -> list[tuple[str, int]]:
    """(capture or refund, amount) of what the provider's own books say of this payment today, or until midnight."""
    now, found = clock.now(), list[tuple[str, int]]()
    for day in sorted({day_in(CHINA, now - timedelta(hours=1)), day_in(CHINA, now)}):
        statement = providers.provider("sandbox").statement(day, now)
        assert statement is not None
        found += [(m.kind, m.amount_minor) for m in statement if m.payment_id == str(payment_id)]
    return found


class Line:
    """The wire from the provider to us: what it answered is held until it is let through, or is lost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.through = threading.Event(), threading.Event()
        self.lost = False
        self.cashier = ""
        create, line = SandboxProvider.create, self

        def held(provider: SandboxProvider, order: Order, now: datetime) -> Any:
            said, answer = create(provider, order, now)
            line.cashier = str(getattr(answer, "address", ""))
            line.asked.set()
            assert line.through.wait(wait_s)
            return (Said(said.request, "timed out", None), None) if line.lost else (said, answer)

        monkeypatch.setattr(SandboxProvider, "create", held)


def unpaid(payment_id: UUID) -> None:
    """As if the buyer had not paid yet: for a payment made without a provider that is to be paid at one after all."""
    models.Payment.objects.filter(id=payment_id).update(state=PaymentState.PENDING, captured_at=None)
    models.Split.objects.filter(payment_id=payment_id).update(transaction=None)
