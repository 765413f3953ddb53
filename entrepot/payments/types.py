from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class PaymentState(StrEnum):
    PENDING = "pending"  # intent stored, the provider may not know it yet
    OPEN = "open"  # the provider has it, the buyer has not paid
    CAPTURED = "captured"
    FAILED = "failed"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"  # in full


@dataclass(frozen=True, slots=True)
class SplitWish:
    """One parcel's share of a payment; `number` is the parcel's customs order number."""

    parcel_id: UUID
    number: str
    amount_minor: int


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
    payer_is_buyer: bool | None  # the provider's answer on who paid; None before capture
    verifying_department: str  # verDept: 1 UnionPay, 2 NetsUnion, 3 other
    verifying_transaction: str
    captured_at: datetime | None
    splits: tuple[Split, ...]


@dataclass(frozen=True, slots=True)
class Captured:
    """What a verified notice or query said; `fresh` is true for the call that moved the state."""

    payment: Payment
    fresh: bool
