from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from entrepot.kit.shapes import reader


class PaymentState(StrEnum):
    PENDING = "pending"  # intent stored, the provider may not know it yet
    OPEN = "open"  # the provider has it, the buyer has not paid
    AUTHORISED = "authorised"  # the buyer has agreed and the sum is reserved; we still have to take it
    CAPTURED = "captured"
    FAILED = "failed"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"  # in full


class SplitWish(msgspec.Struct, frozen=True):
    """One parcel's share of a payment; `number` is the parcel's customs order number."""

    parcel_id: UUID
    number: str
    amount_minor: int


class PaymentIntent(msgspec.Struct, frozen=True):
    """What an order asks to be paid. The splits add up to the amount; `pay_until` closes the provider's cashier."""

    buyer_id: UUID
    order_id: UUID
    order_number: str
    provider: str
    currency: str
    amount_minor: int
    splits: tuple[SplitWish, ...]
    payer_real_name_id: UUID
    pay_until: datetime | None = None
    language: str = "zh-hans"  # of the cashier


class PayerCheck(StrEnum):
    """The provider's answer to "is the wallet's owner the person we named?" """

    UNCHECKED = "unchecked"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Split:
    """One parcel's share as captured: `transaction` is the payTransactionId that customs sees."""

    parcel_id: UUID
    number: str
    amount_minor: int
    transaction: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    id: UUID
    buyer_id: UUID
    order_id: UUID
    order_number: str
    provider: str
    state: PaymentState
    currency: str
    amount_minor: int
    refunded_minor: int
    provider_payment: str | None  # the provider's own id
    payment_company_code: str  # customs payCode
    payment_company_name: str
    payer_is_buyer: bool | None  # the provider's answer on who paid; None before capture and where it did not check
    verifying_department: str  # verDept: 1 UnionPay, 2 NetsUnion, 3 other
    verifying_transaction: str
    captured_at: datetime | None
    splits: tuple[Split, ...]
    payer_real_name_id: UUID | None = None
    pay_until: datetime | None = None
    language: str = "zh-hans"
    created_at: datetime | None = None
    refunding_minor: int = 0  # asked back, not yet done

    @property
    def is_captured(self) -> bool:
        """The money was taken; some or all of it may be on its way back."""
        return self.captured_at is not None

    @property
    def refundable_minor(self) -> int:
        return self.amount_minor - self.refunded_minor - self.refunding_minor if self.is_captured else 0

    def as_json(self) -> dict[str, Any]:
        """As it stands, for an event: ids, numbers and codes."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Payment:
        return _payment(plain)


_payment = reader(Payment)


@dataclass(frozen=True, slots=True)
class Captured:
    """How a payment stands after a verified notice or query; `fresh` is true for the call that captured it.

    A query may find a payment still open: `payment.is_captured` says whether money was taken.
    """

    payment: Payment
    fresh: bool


class RefundState(StrEnum):
    PENDING = "pending"  # asked for; the provider has not said done yet
    DONE = "done"
    FAILED = "failed"  # the provider said no


AGAIN = ":again"  # and how often: behind the key of a refund that was refused and is asked for anew
LESS_TAX = "less_tax"  # begins the key of a refund by which a part of a parcel's tax went back; the parcel's id is next


@dataclass(frozen=True, slots=True)
class Refund:
    """`key` is the caller's idempotency key; `provider_refund` the provider's own number once it gave one."""

    id: UUID
    buyer_id: UUID
    payment_id: UUID
    key: str
    amount_minor: int
    currency: str
    reason: str
    state: RefundState
    provider_refund: str | None
    requested_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class LateRefund:
    """One that its provider has not done for long, with its order."""

    refund: Refund
    provider: str
    order_id: UUID
    order_number: str
    refusal: str  # the provider's code for no; empty while he is asked


@dataclass(frozen=True, slots=True)
class RawExchange:
    """That something was said between us and the provider, without its text (`services.open_raw_exchange` logs)."""

    id: UUID
    payment_id: UUID
    kind: str  # create, query, capture, refund, refund_query, notice
    status: int | None  # of the answer; None where none came
    at: datetime


class Action(StrEnum):
    """What is done with the buyer's money. Each happens in two steps: asked for, and then what came of it."""

    AUTHORISE = "authorise"  # reserve it with the buyer's bank; only where that is separate from taking it
    CAPTURE = "capture"
    REFUND = "refund"


class Outcome(StrEnum):
    PENDING = "pending"  # asked for, nothing heard yet
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TransactionEvent:
    """One step of a payment. `key` is what the provider knows it by (the payment's or refund's id), so that asking
    twice is asking once; `at` is when it happened, as told, `known_at` when we wrote it down. `told_by`: ask (what we
    are about to ask for), create, notice, query, capture, refund."""

    id: UUID
    action: Action
    outcome: Outcome
    amount_minor: int
    key: str
    provider_number: str | None
    told_by: str
    at: datetime
    known_at: datetime

    @property
    def step(self) -> str:
        """capture_pending, refund_succeeded, …"""
        return f"{self.action}_{self.outcome}"

    @property
    def is_late(self) -> bool:
        """We learned of it a minute or more after it happened."""
        return self.known_at - self.at >= timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Balance:
    """How a payment stands, from its events alone. `authorised_minor`: reserved and not yet taken."""

    authorising_minor: int = 0
    authorised_minor: int = 0
    capturing_minor: int = 0
    captured_minor: int = 0
    refunding_minor: int = 0
    refunded_minor: int = 0


class DifferenceKind(StrEnum):
    """Why a line of the provider's statement and our books do not meet."""

    UNKNOWN_HERE = "unknown_here"  # the provider moved money for a payment that we do not have
    NOT_CAPTURED_HERE = "not_captured_here"  # we have the payment, but not as captured (or the refund not as done)
    UNKNOWN_THERE = "unknown_there"  # we booked it, the statement does not have it
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class StatementDifference:
    kind: DifferenceKind
    movement: str  # capture or refund
    request_id: str  # our payment's or refund's id as the provider knows it
    ours_minor: int | None
    theirs_minor: int | None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class ParkedDifference:
    """One that waits for a person, with its order where it is one of ours."""

    id: UUID
    provider: str
    day: date
    found: StatementDifference
    buyer_id: UUID | None
    order_id: UUID | None
    order_number: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many differences nobody has closed, and how many refunds are not done, or refused, a day after they were
    asked for."""

    differences: int
    refunds: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One day of one provider. `healed`: captures and refunds we had missed and took over while reconciling."""

    provider: str
    day: date
    matched: int
    healed: int
    differences: tuple[StatementDifference, ...]
    at: datetime | None = None


class ShareState(StrEnum):
    """How a share stands that its provider declares to customs by himself."""

    PENDING = "pending"  # asked for; whether it arrived is unknown
    ACCEPTED = "accepted"  # the provider has it and passes it on
    DONE = "done"  # customs has it
    REFUSED = "refused"  # the provider said no
    FAILED = "failed"  # customs did not take it from the provider


@dataclass(frozen=True, slots=True)
class ShareWish:
    """One parcel's share of a captured payment, as its provider is to declare it.

    `customs_code` is the customs in charge (4 digits), `merchant` who sells as registered there (code, name), `payer`
    the buyer's name and ID number: the provider compares them with the wallet's owner.
    """

    payment_id: UUID
    buyer_id: UUID
    number: str  # customs orderNo
    amount_minor: int
    freight_minor: int
    tax_minor: int
    customs_code: str
    merchant: tuple[str, str]
    payer: tuple[str, str]


@dataclass(frozen=True, slots=True)
class DeclaredShare:
    """What the provider told customs and us of one share. Empty texts: not told (yet)."""

    id: UUID
    payment_id: UUID
    number: str
    declarer: str
    place: str  # the customs as the provider calls it
    state: ShareState
    amount_minor: int
    customs_number: str  # payTransactionId as customs has it from the provider
    customs_order: str  # orderNo as customs has it from the provider
    company_code: str  # the provider's own registration with that customs
    payer_check: PayerCheck
    verifying_department: str
    verifying_transaction: str
    refusal: str  # the provider's code
    words: str  # and what it or customs wrote
    asked_at: datetime
    changed_at: datetime
    asks: int

    @property
    def is_declared(self) -> bool:
        """The provider has taken it on: what customs will have from it is known."""
        return self.state in (ShareState.ACCEPTED, ShareState.DONE) and bool(self.customs_number)
