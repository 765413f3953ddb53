"""What every payment provider must offer. One adapter each; nothing of a provider's own words passes this border."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from entrepot.payments.types import PayerCheck, PaymentState, RefundState


@dataclass(frozen=True, slots=True)
class Said:
    """One exchange word for word. `status` is None where no answer came; then `response` says why."""

    request: str
    response: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Order:
    """A payment to be made, as the provider needs it. `splits`: (number, amount_minor) each."""

    payment_id: UUID
    buyer_id: UUID
    order_number: str
    currency: str
    amount_minor: int
    splits: tuple[tuple[str, int], ...]
    payer: tuple[str, str]  # name, ID number
    return_url: str
    notify_url: str
    pay_until: datetime | None
    language: str


@dataclass(frozen=True, slots=True)
class Fact:
    """What a provider says about a payment. `state` is OPEN, AUTHORISED, CAPTURED or FAILED (closed unpaid)."""

    payment_id: UUID
    buyer_id: UUID
    state: PaymentState
    provider_payment: str
    currency: str
    amount_minor: int
    captured_at: datetime | None
    payer_check: PayerCheck
    verifying_department: str
    verifying_transaction: str
    company_code: str
    company_name: str
    splits: tuple[tuple[str, int, str | None], ...]  # number, amount_minor, transaction

    def as_open(self) -> Fact:
        """The same without what only a capture brings."""
        return replace(self, state=PaymentState.OPEN, captured_at=None)


@dataclass(frozen=True, slots=True)
class RefundFact:
    """What a provider says about a refund. `amount_minor` is None where it refused the refund."""

    refund_id: UUID
    payment_id: UUID
    buyer_id: UUID
    state: RefundState
    provider_refund: str | None
    amount_minor: int | None
    done_at: datetime | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    fact: Fact
    address: str  # of the cashier


@dataclass(frozen=True, slots=True)
class No:
    """The provider understood and refused: `code` in its words. It will say the same to the same request."""

    code: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement: `kind` is capture or refund; `request_id` is our payment's or refund's id."""

    kind: str
    request_id: str
    payment_id: str
    currency: str
    amount_minor: int
    at: datetime


class Unreadable(Exception):
    """A provider's message that cannot be trusted or understood."""


class Provider(Protocol):
    """Calls answer (what was said, what it means); None means that what the provider did is unknown: ask again.

    `authorises_first`: the buyer's agreement only reserves the sum, and `capture` takes it.
    """

    @property
    def authorises_first(self) -> bool: ...

    def create(self, order: Order, now: datetime) -> tuple[Said, Opened | No | None]: ...

    def query(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]: ...

    def capture(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]: ...

    def close(self, payment_id: UUID, now: datetime) -> tuple[Said, Fact | No | None]:
        """Nobody is to pay it any more, and a reserved sum is free again; `No` where it was taken."""
        ...

    def refund(self, refund: RefundFact, now: datetime) -> tuple[Said, RefundFact | No | None]: ...

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Fact | RefundFact:
        """Raises Unreadable unless the provider signed exactly this, just now."""
        ...

    def statement(self, day: date, now: datetime) -> Sequence[Movement] | None: ...


UNKNOWN_PAYMENT = "unknown_payment"  # the code of `No` for a payment that the provider has never heard of
