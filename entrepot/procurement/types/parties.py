"""Who sells to us and what was agreed with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

UNKNOWN_COUNTRY = "ZZ"  # of a supplier that another system named (CLDR)


class Incoterm(StrEnum):
    """Incoterms 2020: where cost and risk of the goods pass to us."""

    EXW = "EXW"
    FCA = "FCA"
    FAS = "FAS"
    FOB = "FOB"
    CFR = "CFR"
    CIF = "CIF"
    CPT = "CPT"
    CIP = "CIP"
    DAP = "DAP"
    DPU = "DPU"
    DDP = "DDP"


class PaymentTerms(StrEnum):
    """From when the days of a contract's payment count."""

    ADVANCE = "advance"  # before the goods are sent
    SHIPMENT = "shipment"
    RECEIPT = "receipt"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class OwnerDraft:
    """`brand_ids`: the brands of the catalogue whose rights the owner holds."""

    code: str
    name: str
    country: str
    brand_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Owner:
    id: UUID
    code: str
    name: str
    country: str
    brand_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class SupplierDraft:
    """`owner_id`: the brand owner whose own company the supplier is, where it is one."""

    code: str
    name: str
    country: str
    currency: str
    email: str = ""
    owner_id: UUID | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Supplier:
    id: UUID
    code: str
    name: str
    country: str
    currency: str
    email: str
    owner_id: UUID | None
    active: bool


@dataclass(frozen=True, slots=True)
class PaperDraft:
    """A document as uploaded: PDF, PNG or JPEG."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Paper:
    id: UUID
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AuthorisationDraft:
    """One link of a chain. `grantor_id` None: the brand owner; `grantee_id` None: we. No territory: everywhere."""

    brand_id: UUID
    grantor_id: UUID | None
    grantee_id: UUID | None
    valid_from: date
    valid_to: date
    territory: frozenset[str] = frozenset()
    paper: PaperDraft | None = None


@dataclass(frozen=True, slots=True)
class Authorisation:
    id: UUID
    brand_id: UUID
    grantor_id: UUID | None
    grantee_id: UUID | None
    territory: frozenset[str]
    valid_from: date
    valid_to: date
    paper_id: UUID | None
    revoked_on: date | None
    notice_days: int | None = None  # of the warning that was told last

    @property
    def ends_on(self) -> date:
        """The first day on which it no longer holds, revoked or run out."""
        return min(self.valid_to, self.revoked_on) if self.revoked_on else self.valid_to


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a brand may be bought and listed: `until` is the first day on which no chain holds any more."""

    brand_id: UUID
    guarded: bool
    until: date | None

    def holds(self, day: date) -> bool:
        return not self.guarded or (self.until is not None and day < self.until)


@dataclass(frozen=True, slots=True)
class Tier:
    """From so many units of an order on, this share of the goods' price is taken off."""

    units_from: int
    discount: Decimal


@dataclass(frozen=True, slots=True)
class ArticleTerms:
    """What a contract says of one article: its price, least units, units of a carton, and the room one unit takes."""

    sku_id: UUID
    unit_price: Decimal
    units_min: int = 0
    pack: int = 1
    volume_cm3: int = 0


@dataclass(frozen=True, slots=True)
class Supply:
    """Where an article is bought best on a day, and on which terms. `units_min` and `order_units_min` of the contract
    and the article."""

    sku_id: UUID
    sku_code: str
    weight_g: int
    supplier_id: UUID
    supplier_code: str
    contract_id: UUID
    currency: str
    unit_price: Decimal
    units_min: int
    order_units_min: int
    pack: int
    volume_cm3: int


@dataclass(frozen=True, slots=True)
class ContractDraft:
    """`over_receipt`: the share of a line's units that may come beyond it (0 to 0.1)."""

    supplier_id: UUID
    number: str
    valid_from: date
    valid_to: date
    currency: str
    incoterm: Incoterm
    place: str
    payment: PaymentTerms
    payment_days: int
    territory: frozenset[str] = frozenset()
    order_units_min: int = 0
    line_units_min: int = 0
    over_receipt: Decimal = Decimal(0)
    value_minor: int = 0
    tiers: tuple[Tier, ...] = ()
    articles: tuple[ArticleTerms, ...] = ()
    programme_id: UUID | None = None
    paper: PaperDraft | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    id: UUID
    supplier_id: UUID
    number: str
    valid_from: date
    valid_to: date
    currency: str
    incoterm: Incoterm
    place: str
    payment: PaymentTerms
    payment_days: int
    territory: frozenset[str]
    order_units_min: int
    line_units_min: int
    over_receipt: Decimal
    value_minor: int
    tiers: tuple[Tier, ...]
    programme_id: UUID | None
    paper_id: UUID | None
    signed_on: date

    def holds(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_to


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What receipts say of a supplier; shares are None where nothing came yet. `overdue`: units that should be here and
    are not, as good as late. `missing` and `beyond`: units of closed orders that did not come, and units that came
    beyond what was ordered."""

    supplier_id: UUID
    orders: int
    units: int
    on_time: int
    overdue: int
    missing: int
    beyond: int
    spoiled: int
    closed_units: int

    @property
    def on_time_share(self) -> Decimal | None:
        return _share(self.on_time, self.units + self.overdue)

    @property
    def discrepancy_share(self) -> Decimal | None:
        return _share(self.missing + self.beyond, self.closed_units)

    @property
    def sound_share(self) -> Decimal | None:
        return _share(self.units - self.spoiled, self.units)


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.001")) if whole else None
