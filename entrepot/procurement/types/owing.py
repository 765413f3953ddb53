"""What orders owe their suppliers, and from when on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from entrepot.procurement.types.parties import PaymentTerms


class DueState(StrEnum):
    """Of what is not paid. What is due today is coming."""

    OVERDUE = "overdue"
    COMING = "coming"
    UNDETERMINED = "undetermined"


class Undetermined(StrEnum):
    """Why the terms name no day yet."""

    NOT_SHIPPED = "not_shipped"
    SHIPMENT_UNKNOWN = "shipment_unknown"  # it came, and nobody said when it was shipped
    NOT_RECEIVED = "not_received"
    NOT_INVOICED = "not_invoiced"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what an order owes: `since` is the day of the fact from which its days count, `due_on` the last day to
    pay it in time. Without them `why` says what is missing."""

    amount_minor: int
    paid_minor: int
    due_on: date | None
    since: date | None
    why: Undetermined | None = None


@dataclass(frozen=True, slots=True)
class DuesWish:
    """Which dues: of one supplier, in one currency, in one state; None or empty: any."""

    supplier_id: UUID | None = None
    currency: str = ""
    state: DueState | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A part that is not paid, in a list."""

    order_id: UUID
    order_number: str
    supplier: str
    currency: str
    terms: PaymentTerms
    days: int
    part: Part

    @property
    def open_minor(self) -> int:
        return self.part.amount_minor - self.part.paid_minor

    def state(self, today: date) -> DueState:
        if self.part.due_on is None:
            return DueState.UNDETERMINED
        return DueState.OVERDUE if self.part.due_on < today else DueState.COMING


@dataclass(frozen=True, slots=True)
class DueSum:
    """What is open in a currency: of one week (its Monday) that is not over, else of a state; `week` is None for what
    is overdue, undetermined, or due after the weeks that were asked for."""

    currency: str
    state: DueState
    week: date | None
    minor: int
    parts: int


@dataclass(frozen=True, slots=True)
class Overpaid:
    """An order that is over and for which more was paid than it owes: the supplier is to give it back."""

    order_id: UUID
    order_number: str
    supplier: str
    currency: str
    minor: int


@dataclass(frozen=True, slots=True)
class Shipped:
    """Units of an order's line in a shipment; `coming` of them are not counted in yet."""

    line_id: UUID
    units: int
    coming: int


@dataclass(frozen=True, slots=True)
class ShipmentDraft:
    """What is known of goods on their way: `ships_on` is planned until they `departed`."""

    reference: UUID
    ships_on: date
    departed: bool
    lines: tuple[Shipped, ...]


@dataclass(frozen=True, slots=True)
class SupplierInvoiceDraft:
    """`amount_minor` in the order's currency; the same number is the same invoice."""

    order_id: UUID
    number: str
    amount_minor: int
    invoiced_on: date
