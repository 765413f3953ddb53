from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from entrepot.orders.types import Consignee, Order
from entrepot.payments.types import Payment
from entrepot.shipping.types import Waybill
from entrepot.stock.types.bonded import Booking


class DocumentKind(StrEnum):
    """The messages that we send (CEB specification 202205)."""

    ORDER = "311"
    PAYMENT = "411"
    WAYBILL = "511"
    SIGNED_FOR = "513"  # the waybill's parcel has been handed over
    LIST = "621"
    CANCEL = "623"  # takes a list back before release
    RETURN = "625"  # brings goods of a list back after release
    INBOUND = "711"  # the site's account of the waybills that came in


class DeclarationState(StrEnum):
    DRAFT = "draft"
    MATCHING = "matching"  # order, payment and waybill sent, their receipts awaited
    LISTED = "listed"  # list sent
    RELEASED = "released"
    HELD = "held"  # a difference or a refusal: a person must act
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Difference:
    """One named rule that two documents break: what each says, masked where it is personal."""

    rule: str
    zh: str
    en: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Receipt:
    status: int
    info: str
    returned_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    id: UUID
    kind: DocumentKind
    guid: str
    status: int | None  # the latest receipt's, by returnTime
    sent_at: datetime | None
    receipts: tuple[Receipt, ...]  # by customs' time
    version: int = 1  # a redeclared document gets the next
    number: str = ""  # orderNo, payTransactionId, logisticsNo or copNo
    attempts: int = 0  # how often it was sent


@dataclass(frozen=True, slots=True)
class Declaration:
    id: UUID
    buyer_id: UUID
    order_id: UUID
    parcel_id: UUID
    order_number: str  # the parcel's customs orderNo
    trade_mode: str
    state: DeclarationState
    held_code: str  # "-621005", "match", …; "" unless held
    held_note: Mapping[str, str]  # by language, in plain words
    list_number: str  # invtNo, "" before customs gave one
    differences: tuple[Difference, ...]
    documents: tuple[Document, ...]
    created_at: datetime
    provider_payment: UUID | None = None  # the payment that its provider tells customs of, not we
    general_number: str = ""  # of the general-trade declaration that released the goods instead of the list


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that documents say: what each says, masked where it is personal, and whether they agree."""

    rule: str
    zh: str
    en: str
    values: Mapping[DocumentKind, str]
    agrees: bool


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One line of order and list."""

    number: str  # gnum
    name: str
    hs_code: str
    rows: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class PutOff:
    """A paid parcel that could not be declared; `next_at` None: it is tried no more by itself."""

    parcel_id: UUID
    buyer_id: UUID
    order_id: UUID
    code: str
    words: Mapping[str, str]
    tries: int
    first_at: datetime
    last_at: datetime
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A declaration as one row of an export: `statuses` of the latest receipts by document."""

    order_number: str
    state: DeclarationState
    trade_mode: str
    held_code: str
    list_number: str
    created_at: datetime
    changed_at: datetime
    statuses: Mapping[DocumentKind, int]


@dataclass(frozen=True, slots=True)
class Day:
    """What the customs desk did in a day in China. Clearance: seconds from the declaration to customs' release, half,
    nine tenths and 99 hundredths of those released that day took no longer; None where none was."""

    day: date
    declared: int
    released: int
    median_s: float | None
    most_s: float | None  # 90 %
    slowest_s: float | None  # 99 %


@dataclass(frozen=True, slots=True)
class Figures:
    """The customs desk over some days: by day, and how often customs answered with each bad status."""

    days: tuple[Day, ...]
    refusals: tuple[tuple[int, int], ...]  # (status, receipts), the most frequent first


@dataclass(frozen=True, slots=True)
class Known:
    """What the caller has just read and written of a parcel that it books and declares in one go: `carried_to` is whom
    the carrier was told to deliver to."""

    order: Order
    consignee: Consignee
    payment: Payment
    waybill: Waybill
    carried_to: Consignee


@dataclass(frozen=True, slots=True)
class News:
    """A parcel's declaration has come to this state; `code` says why it is held. `booking`: with this list the goods
    leave their account book, which whoever follows enters with their shipment."""

    parcel_id: UUID
    order_id: UUID
    buyer_id: UUID
    state: DeclarationState
    code: str
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class ReturnWish:
    """Units of a released list that come back, by gnum. `number` is the return's own (copNo), `version` counts how
    often customs was asked."""

    return_id: UUID
    buyer_id: UUID
    parcel_id: UUID
    number: str
    units: Mapping[int, int]
    reason: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class ReturnAnswer:
    """What customs says of a return: `accepted` is None while it has not decided. `code` is its returnStatus. `sent`:
    the question has left."""

    accepted: bool | None
    code: str
    version: int
    sent: bool = True


class PassState(StrEnum):
    """Gate pass (核放单)."""

    OPEN = "open"  # lists are chosen
    PRESENTED = "presented"  # told to customs
    LEFT = "left"  # the vehicle is out
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class GatePass:
    id: UUID
    number: str
    warehouse_id: UUID
    state: PassState
    customs_number: str  # which customs gave, typed in by a clerk
    vehicle: str
    vehicle_kg: int | None
    lists: int
    gross_g: int
    net_g: int
    opened_at: datetime
    presented_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """A released bonded list, on a gate pass or waiting for one."""

    declaration_id: UUID
    buyer_id: UUID
    parcel_id: UUID
    order_number: str
    list_number: str
    account_book: str
    state: DeclarationState
    units: int
    gross_g: int
    net_g: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """An inbound account of waybills (CEB711) with what customs answered to its messages."""

    id: UUID
    number: str  # copNo
    bill: str
    said: Mapping[str, str]  # by element name
    waybills: tuple[str, ...]
    version: int
    sent_at: datetime | None
    accepted: bool | None  # None while customs has not decided
    status: int | None
    site_number: str  # rkdNo
    made_at: datetime
    answers: tuple[Receipt, ...]  # by customs' time


@dataclass(frozen=True, slots=True)
class BookDifference:
    """A list that does not agree with its account book: what it says, and what was written off (0: nothing)."""

    order_number: str
    list_number: str
    buyer_id: UUID
    parcel_id: UUID
    book: str
    listed: int
    written_off: int


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of declarations for staff, the newest first; `more` when there is a next page."""

    declarations: tuple[Declaration, ...]
    page: int
    more: bool


class DataState(StrEnum):
    """How a request of customs for an order's raw payment data stands (announcement 179/2018)."""

    WAITING = "waiting"  # to be sent, or sent without an answer
    TAKEN = "taken"
    REFUSED = "refused"  # customs said no: a person must act
    UNMADE = "unmade"  # there is nothing to send: a person must act


@dataclass(frozen=True, slots=True)
class DataUpload:
    """One sending; `status` None: no answer came."""

    at: datetime
    status: int | None
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class DataRequest:
    id: UUID
    order_number: str  # the parcel's customs orderNo
    session_id: str
    state: DataState
    code: str  # customs' answer, or why there is nothing to send
    words: str
    asked_at: datetime
    last_at: datetime
    times: int
    sha256: str  # of what is sent; "" before it was made
    uploads: tuple[DataUpload, ...]


class Level(IntEnum):
    """To whom a document that stands still is escalated."""

    DESK = 1
    HEAD = 2


@dataclass(frozen=True, slots=True)
class Escalation:
    """A document that has stood still for too long, or (kind 179) a request for payment data, as it stands.

    `parcel_id` is None for a request. `note` is what somebody said who took it in hand.
    """

    id: UUID
    buyer_id: UUID
    order_id: UUID
    parcel_id: UUID | None
    order_number: str
    kind: str
    state: str
    level: int
    since: datetime
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str


@dataclass(frozen=True, slots=True)
class LimitAnswer:
    """The receipt by which customs refused a parcel's list at a limit. `info` as it wrote it, ID numbers masked."""

    receipt_id: UUID
    code: str
    info: str
    told_at: datetime
