"""What it cost to bring lots here: invoices, and runs that lay them on the lots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class CostKind(StrEnum):
    FREIGHT = "freight"
    INSURANCE = "insurance"
    DUTY = "duty"
    HANDLING = "handling"
    BANK = "bank"


class Basis(StrEnum):
    """By what an invoice is shared among the lots."""

    VALUE = "value"
    WEIGHT = "weight"
    VOLUME = "volume"
    QUANTITY = "quantity"
    HS = "hs"  # each duty line among the lots of its code, by value
    STATED = "stated"  # the invoice says itself what each lot bears


@dataclass(frozen=True, slots=True)
class LandingLineDraft:
    """A lot that came; grams and millilitres are those of one unit, 0 where nobody knows."""

    sku_id: UUID
    lot_id: UUID
    gross_g: int = 0
    volume_ml: int = 0
    hs_code: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """`hs_amounts`: what a duty bill asks for each code, in minor units; they add up to the amount. Only with basis
    hs. `lot_amounts`: the same for each lot's code, only with basis stated. An amount below zero is a credit note."""

    number: str
    supplier: str
    kind: CostKind
    basis: Basis
    currency: str
    amount_minor: int
    invoiced_on: date
    hs_amounts: Mapping[str, int] = field(default_factory=dict)
    lot_amounts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invoice:
    id: UUID
    number: str
    supplier: str
    kind: CostKind
    basis: Basis
    currency: str
    amount_minor: int
    invoiced_on: date
    hs_amounts: Mapping[str, int]
    lot_amounts: Mapping[str, int]
    created_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunCharge:
    """What a run made of one invoice for the lots of one currency: the share paid, the rate and whose it was, and what
    units in stock, sold and lost by then bear of it."""

    invoice_id: UUID
    currency: str
    rate: Decimal
    source: str
    paid_minor: int
    amount_minor: int
    stock_minor: int
    sold_minor: int
    lost_minor: int


@dataclass(frozen=True, slots=True)
class Run:
    """All invoices of a landing laid on its lots. At most one of a landing's runs stands; the others were reversed."""

    id: UUID
    number: int
    at: datetime
    actor: str
    reversed_at: datetime | None
    reversed_by: str
    reason: str
    charges: tuple[RunCharge, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """A run that was ordered: steps done of all, and what refused it, by language."""

    done: int
    whole: int
    refused: Mapping[str, str]
    ended: bool


@dataclass(frozen=True, slots=True)
class LandingLine:
    n: int
    sku_id: UUID
    lot_id: UUID
    lot: str
    gross_g: int
    volume_ml: int
    hs_code: str


@dataclass(frozen=True, slots=True)
class LandingRow:
    """A landing as a list shows it: its invoices that were not withdrawn, and the run that stands, if one does."""

    id: UUID
    number: str
    name: str
    created_at: datetime
    lots: int
    invoices: int
    run_number: int | None
    run_at: datetime | None
    stale: bool


@dataclass(frozen=True, slots=True)
class Landing:
    """Lots that came together and bear the same invoices. `stale`: invoices came or went after the run that stands."""

    id: UUID
    number: str
    name: str
    source: UUID | None  # the consignment whose receipts opened it
    created_at: datetime
    lots: int
    invoices: tuple[Invoice, ...]
    runs: tuple[Run, ...]

    @property
    def standing(self) -> Run | None:
        return next((run for run in self.runs if run.reversed_at is None), None)

    @property
    def stale(self) -> bool:
        run = self.standing
        due = {one.id for one in self.invoices if one.withdrawn_at is None}
        return due != ({charge.invoice_id for charge in run.charges} if run else set())
