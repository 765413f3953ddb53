"""What crosses the border about tax bills. Sums are minor units of CNY, which customs bills in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class BillState(StrEnum):
    """What has become of a bill, in customs' own numbers."""

    MADE = "1"
    SUMMED = "2"  # on a summed bill (entDutyNo) that the guarantor pays
    VOID = "3"


class Paid(StrEnum):
    """How a bill stands with our payments."""

    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"


class TaxKind(StrEnum):
    """Why what was collected for a line and what is billed differ. The first that fits."""

    FOREIGN_ORDER = "foreign_order"  # a bill for no list of ours
    FOREIGN_LINE = "foreign_line"  # billed, not on the list
    UNBILLED = "unbilled"  # every bill of the list is void, and the goods stayed
    MISSING_LINE = "missing_line"  # on the list, not on the bill
    NOT_LIFTED = "not_lifted"  # customs took the goods back and bills them still
    CODE = "code"  # billed under another HS code
    VALUE = "value"  # on another value
    ROUNDING = "rounding"  # no more than a cent a tax
    RATE = "rate"  # same code and value, other tax
    HEAD = "head"  # the bill's head is not the sum of its lines


@dataclass(frozen=True, slots=True)
class Taxes:
    """The three taxes of a line or bill."""

    duty: int = 0
    vat: int = 0
    excise: int = 0

    @property
    def total(self) -> int:
        return self.duty + self.vat + self.excise

    def __add__(self, other: Taxes) -> Taxes:
        return Taxes(self.duty + other.duty, self.vat + other.vat, self.excise + other.excise)

    def __sub__(self, other: Taxes) -> Taxes:
        return Taxes(self.duty - other.duty, self.vat - other.vat, self.excise - other.excise)


@dataclass(frozen=True, slots=True)
class TaxNotice:
    """One statement of customs about a bill. `times`: how often it came."""

    message: str  # "816" or "818"
    state: BillState
    summed: str
    returned_at: datetime
    received_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line as the bill has it, to the last place."""

    gnum: int
    code: str
    value: Decimal | None
    duty: Decimal
    vat: Decimal
    excise: Decimal


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One line of a list: collected at sale, lifted by returns that customs accepted, billed by all bills that stand.
    `gnum` 0: what the heads of the bills say beyond their lines. `kind` None: they agree."""

    gnum: int
    collected: Taxes
    lifted: Taxes
    billed: Taxes
    value: int
    billed_value: int | None
    code: str
    billed_code: str
    kind: TaxKind | None

    @property
    def sides(self) -> tuple[Taxes, Taxes, Taxes]:
        return self.collected, self.lifted, self.billed

    @property
    def difference(self) -> int:
        """Billed beyond what was collected and not given back."""
        return self.billed.total - (self.collected.total - self.lifted.total)


@dataclass(frozen=True, slots=True)
class TaxBill:
    """A bill as customs last spoke of it. `taxes` are the head's; `made_on` None: only its state has come yet."""

    id: UUID
    buyer_id: UUID
    declaration_id: UUID
    parcel_id: UUID
    order_number: str
    list_number: str
    tax_no: str
    guarantor: str
    state: BillState
    summed: str
    taxes: Taxes
    made_on: date | None
    due_on: date | None
    payment_id: UUID | None
    paid_minor: int | None
    differs: bool
    note: str = ""

    @property
    def stands(self) -> bool:
        return self.state is not BillState.VOID and self.made_on is not None

    def paid(self, today: date) -> Paid | None:
        """None: there is nothing to pay."""
        if self.payment_id is not None:
            return Paid.PAID
        if not self.stands or not self.taxes.total:
            return None
        return Paid.OVERDUE if self.due_on is not None and self.due_on < today else Paid.OPEN


@dataclass(frozen=True, slots=True)
class BillPage:
    bills: tuple[TaxBill, ...]
    page: int
    more: bool


@dataclass(frozen=True, slots=True)
class WholeBill:
    """A bill with its lines, what was said of it, and its list line by line (over all bills of the list)."""

    bill: TaxBill
    lines: tuple[BilledLine, ...]
    notices: tuple[TaxNotice, ...]
    listed: tuple[TaxLine, ...]
    payment: TaxPayment | None


@dataclass(frozen=True, slots=True)
class BillWish:
    """Which bills are asked for; what is empty is any. `month`: its first day. `text`: how a number begins."""

    guarantor: str = ""
    month: date | None = None
    state: BillState | None = None
    paid: Paid | None = None
    differing: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class TaxMonth:
    """The bills of one guarantor that customs made in one month. Sums of bills that stand, but for `void`.

    `lifted`: tax of goods that came back, collected from buyers and given back to them. `stray_paid`: paid and void
    since: to be claimed back."""

    guarantor: str
    month: date
    bills: int
    taxes: Taxes
    summed: int
    paid: int
    open: int
    overdue: int
    first_due: date | None
    last_due: date | None
    void_bills: int
    void: int
    void_paid: int
    lifted: int
    differing: int  # lines
    difference: int


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A line that differs, with where it is from."""

    buyer_id: UUID
    parcel_id: UUID
    order_number: str
    list_number: str
    guarantor: str
    made_on: date
    line: TaxLine


@dataclass(frozen=True, slots=True)
class DifferencePage:
    rows: tuple[DifferenceRow, ...]
    page: int
    more: bool


@dataclass(frozen=True, slots=True)
class KindSum:
    kind: TaxKind
    lines: int
    difference: int
    over: int  # billed beyond what was collected
    under: int  # collected beyond what is billed; not below zero


@dataclass(frozen=True, slots=True)
class Stray:
    """What customs said of a bill for no list of ours (yet). `total` None: it said no sum."""

    id: UUID
    message: str
    list_number: str
    tax_no: str
    guarantor: str
    state: BillState
    total: int | None
    returned_at: datetime
    first_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Unbilled:
    """A released list without a bill, and the tax collected for it."""

    buyer_id: UUID
    parcel_id: UUID
    order_number: str
    list_number: str
    released_at: datetime
    collected: int


@dataclass(frozen=True, slots=True)
class TaxDays:
    """The days of the law for bills made from the first day up to but not on the last. `unconfirmed`: no source says so
    yet, and who plans by it is to be told."""

    valid_from: date
    valid_to: date | None
    lift_days: int
    pay_from_days: int
    pay_by_days: int
    unconfirmed: bool
    source: str


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What stands surety for a guarantor's tax since a day, as a person entered it."""

    guarantor: str
    valid_from: date
    amount_minor: int
    source: str


@dataclass(frozen=True, slots=True)
class GuaranteeUse:
    """Tax that is billed and not paid, against the guarantee in force; `guarantee` None: nobody has entered one."""

    guarantor: str
    used_minor: int
    guarantee: Guarantee | None

    @property
    def left_minor(self) -> int | None:
        return None if self.guarantee is None else self.guarantee.amount_minor - self.used_minor


@dataclass(frozen=True, slots=True)
class TaxPayment:
    id: UUID
    guarantor: str
    reference: str
    amount_minor: int
    paid_on: date
    month: date | None
    summed: str
    bills: int
    actor: str
    at: datetime
    counter_id: UUID | None = None  # the entry that took it back


@dataclass(frozen=True, slots=True)
class TaxCounter:
    """The entry that takes a payment back."""

    id: UUID
    payment_id: UUID
    amount_minor: int  # below zero
    bills: int  # that were paid by it
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentWish:
    """Tax that the bank moved: of one month's bills, or of one summed bill; all that is open of it."""

    guarantor: str
    reference: str
    amount_minor: int
    paid_on: date
    month: date | None = None
    summed: str = ""
