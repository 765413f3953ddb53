"""A payment provider in the test's own process: an outside party that answers, stays silent, and keeps its books.

It speaks the port (`providers/port.py`), so that thousands of payments cost no wire. `over` puts it in the sandbox's
place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import pytest

from entrepot.payments import providers
from entrepot.payments.providers.port import UNKNOWN_PAYMENT, Fact, Movement, No, Opened, Order, RefundFact, Said
from entrepot.payments.types import PayerCheck, PaymentState, RefundState


class Bank:
    """`down`: nothing is heard of it. `loses`: it pays back, and its answers are lost. `empty`: it has nothing to pay
    back from. `opening` is called while it is being asked to open a payment."""

    authorises_first = False
    cashier = "https://bank.example/"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As it was founded: it knows nobody."""
        self.down = self.loses = self.empty = False
        self.opening: Callable[[], None] | None = None
        self.facts: dict[UUID, Fact] = {}
        self.paid_back: dict[UUID, RefundFact] = {}

    def over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(providers, "provider", lambda name: self)

    def pay(self, payment_id: UUID, at: datetime) -> None:
        """The buyer pays at the cashier."""
        fact = self.facts[payment_id]
        splits = tuple((number, amount, f"T{number}") for number, amount, _ in fact.splits)
        self.facts[payment_id] = replace(fact, state=PaymentState.CAPTURED, captured_at=at, splits=splits)

    def close(self, payment_id: UUID, now: datetime | None = None) -> tuple[Said, Fact | No | None]:
        """It will not be paid."""
        self.facts[payment_id] = replace(self.facts[payment_id], state=PaymentState.FAILED)
        return _said(f"close {payment_id}", 200), self.facts[payment_id]

    def charged(self, payment_id: UUID) -> tuple[int, int]:
        """What it has taken and what it has paid back."""
        fact = self.facts.get(payment_id)
        taken = fact.amount_minor if fact and fact.state is PaymentState.CAPTURED else 0
        return taken, sum(one.amount_minor or 0 for one in self.paid_back.values() if one.payment_id == payment_id)

    def create(self, order: Order, now: datetime) -> tuple[Said, Opened | No | None]:
        if self.down:
            return _said(f"create {order.payment_id}", None), None
        self.facts.setdefault(order.payment_id, _opened(order))
        if self.opening is not None:
            self.opening()
        return _said(f"create {order.payment_id}", 200), Opened(self.facts[order.payment_id], self.cashier)

    def query(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]:
        if self.down:
            return _said(f"query {payment_id}", None), None
        return _said(f"query {payment_id}", 200), self.facts.get(payment_id, No(UNKNOWN_PAYMENT))

    def reserve(self, payment_id: UUID) -> None:
        """The buyer agrees; the sum is reserved, and no more comes of it."""
        self.facts[payment_id] = replace(self.facts[payment_id], state=PaymentState.AUTHORISED)

    def capture(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]:
        return _said(f"capture {payment_id}", 409), No("not_now")

    def refund(self, refund: RefundFact, now: datetime) -> tuple[Said, RefundFact | No | None]:
        if self.down:
            return _said(f"refund {refund.refund_id}", None), None
        if self.empty:
            return _said(f"refund {refund.refund_id}", 409), No("not_enough_balance")
        done = replace(refund, state=RefundState.DONE, provider_refund=f"R{refund.refund_id.int % 10**12}", done_at=now)
        done = self.paid_back.setdefault(refund.refund_id, done)
        return _said(f"refund {refund.refund_id}", None if self.loses else 200), None if self.loses else done

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Fact | RefundFact:
        """A notice names the payment, and how much more it says than was paid."""
        name, _, more = body.decode().partition(" ")
        fact = self.facts[UUID(name)]
        return replace(fact, amount_minor=fact.amount_minor + int(more or 0))

    def statement(self, day: date, now: datetime) -> Sequence[Movement] | None:
        return None


def _said(request: str, status: int | None) -> Said:
    return Said(request, "" if status else "no answer", status)


def _opened(order: Order) -> Fact:
    return Fact(
        payment_id=order.payment_id,
        buyer_id=order.buyer_id,
        state=PaymentState.OPEN,
        provider_payment=f"42{order.payment_id.int % 10**20}",
        currency=order.currency,
        amount_minor=order.amount_minor,
        captured_at=None,
        payer_check=PayerCheck.SAME,
        verifying_department="2",
        verifying_transaction="NU1",
        company_code="4403169SBX",
        company_name="Bank",
        splits=tuple((number, amount, None) for number, amount in order.splits),
    )
