"""What a provider must offer who declares payments to customs by himself. One adapter each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from entrepot.payments.providers.port import Said
from entrepot.payments.types import PayerCheck, ShareState


class Mode(StrEnum):
    """Why the provider is asked."""

    NEW = "new"  # it may not know the share yet; asking twice is asking once
    CHANGED = "changed"  # it knows another content
    AGAIN = "again"  # the same once more: customs lost it or did not take it


@dataclass(frozen=True, slots=True)
class Request:
    """A share as the provider needs it. `request_id` (32 characters) names it for ever; `split`: the parcel's number is
    not the payment's own, so customs is told of a part under that number."""

    request_id: str
    mode: Mode
    payment_id: UUID
    provider_payment: str
    number: str
    split: bool
    amount_minor: int
    freight_minor: int
    tax_minor: int
    place: str
    merchant: tuple[str, str]
    payer: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is needed to ask about a share again."""

    request_id: str
    payment_id: UUID
    number: str
    split: bool
    place: str


@dataclass(frozen=True, slots=True)
class Declared:
    """What the provider says. Empty texts and None: not told. `state` is ACCEPTED, DONE or FAILED."""

    state: ShareState
    customs_number: str = ""
    customs_order: str = ""
    company_code: str = ""
    amount_minor: int | None = None
    payer_check: PayerCheck = PayerCheck.UNCHECKED
    verifying_department: str = ""
    verifying_transaction: str = ""
    at: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider understood and said no, in its words."""

    code: str
    words: str = ""


class Declarer(Protocol):
    """Calls answer (what was said, what it means); None means that what the provider did is unknown: ask again."""

    def declare(self, request: Request, now: datetime) -> tuple[Said, Declared | Refused | None]: ...

    def query(self, known: Known, now: datetime) -> tuple[Said, Declared | Refused | None]: ...


UNKNOWN_SHARE = "unknown_share"  # the code of `Refused` for a share that the provider has never heard of
