"""Goods on their way back, as other rooms see them. Amounts are minor units of the order's currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from entrepot.customs.types.staying import Window as Window

NOTE_MAX = 300
TRACKING_MAX = 60


class ReturnState(StrEnum):
    """Terminal: refused, completed, withdrawn. What has lapsed may still arrive, late."""

    APPLIED = "applied"  # a clerk must look
    APPROVED = "approved"  # the goods are awaited
    ARRIVED = "arrived"  # counted in the original warehouse
    COMPLETED = "completed"  # the money is on its way back
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by the buyer, before anything was sent
    LAPSED = "lapsed"  # not back in time


class CustomsAnswer(StrEnum):
    """How the application of a return (CEB625) stands at customs."""

    NONE = "none"  # not asked
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Told(StrEnum):
    """A word that the house writes, with what a reader sees."""

    @property
    def zh(self) -> str:
        return WORDS[self][0]

    @property
    def en(self) -> str:
        return WORDS[self][1]


class Reason(Told):
    """Why a buyer sends something back."""

    UNWANTED = "unwanted"
    FAULTY = "faulty"
    OTHER_THAN_DESCRIBED = "other_than_described"
    WRONG_GOODS = "wrong_goods"
    RECALLED = "recalled"


class NoReturn(Told):
    """Why a clerk says no."""

    OPENED = "opened"
    HYGIENE = "hygiene"
    NOT_OURS = "not_ours"
    UNPROVEN = "unproven"
    TOO_LATE = "too_late"


class NoTax(Told):
    """Why the tax of a return is not lifted."""

    LATE = "late"
    NOT_DECLARED = "not_declared"
    NOT_ANSWERED = "not_answered"
    REFUSED = "customs_refused"


OUR_FAULT = frozenset(set(Reason) - {Reason.UNWANTED})  # freight goes back too
WORDS: Mapping[Told, tuple[str, str]] = {
    Reason.UNWANTED: ("不想要了", "No longer wanted"),
    Reason.FAULTY: ("商品有质量问题", "The goods are faulty"),
    Reason.OTHER_THAN_DESCRIBED: ("与描述不符", "Not as described"),
    Reason.WRONG_GOODS: ("发错商品", "Not what was ordered"),
    Reason.RECALLED: ("商品召回", "Recalled"),
    NoReturn.OPENED: ("已拆封或使用，影响再次销售", "Opened or used: it cannot be sold again"),
    NoReturn.HYGIENE: (
        "拆封后影响健康或卫生的商品，没有质量问题不能退货",
        "Touches health or hygiene once opened, and is not faulty",
    ),
    NoReturn.NOT_OURS: ("退货商品与订单不符", "These are not the goods of the order"),
    NoReturn.UNPROVEN: ("未提供质量问题的凭证", "Nothing shows that the goods are faulty"),
    NoReturn.TOO_LATE: (
        "货物已无法在海关规定的时限内退回",
        "The goods can no longer be back in the time that customs gives",
    ),
    NoTax.LATE: ("超过退回时限，海关不撤销税款", "Back too late: customs does not lift the tax"),
    NoTax.NOT_DECLARED: ("没有向海关申请退货", "Customs was not asked to take the return"),
    NoTax.NOT_ANSWERED: ("海关尚未答复退货申请", "Customs has not answered yet"),
    NoTax.REFUSED: ("海关没有接受退货申请", "Customs did not accept the return"),
}


@dataclass(frozen=True, slots=True)
class Amounts:
    goods_minor: int = 0
    freight_minor: int = 0
    tax_minor: int = 0

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.freight_minor + self.tax_minor

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.goods_minor + other.goods_minor,
            self.freight_minor + other.freight_minor,
            self.tax_minor + other.tax_minor,
        )

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.goods_minor - other.goods_minor,
            self.freight_minor - other.freight_minor,
            self.tax_minor - other.tax_minor,
        )


@dataclass(frozen=True, slots=True)
class Application:
    """What a buyer asks: units by order line, of one parcel. `key` names the act."""

    buyer_id: UUID
    order_id: UUID
    parcel_id: UUID
    units: Mapping[UUID, int]
    reason: Reason
    note: str
    key: str


@dataclass(frozen=True, slots=True)
class KeptWish:
    """Units by order line of one parcel whose buyer is paid without sending them back. `key` names the act; up to
    its first colon it says what the act is for.

    `less_minor` of the parcel's tax went back before, `more_minor` of tax was paid on top by the payment `more_by`."""

    buyer_id: UUID
    order_id: UUID
    parcel_id: UUID
    units: Mapping[UUID, int]
    key: str
    actor: str
    less_minor: int = 0
    more_minor: int = 0
    more_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one order line: units on their way back, counted in, paid for and kept, paid for in all; `kept_for`: of
    what is kept, by what the keys say that it was for; `lapsed`: of returns that were not back in time and of which
    nothing was sent."""

    coming: int = 0
    back: int = 0
    kept: int = 0
    paid: int = 0
    kept_for: Mapping[str, int] = field(default_factory=dict)
    lapsed: int = 0


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who acts on which return."""

    return_id: UUID
    buyer_id: UUID
    actor: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What arrived of one line: fit to be sold again, and not."""

    sound: int
    spoiled: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What a clerk settles: whether the price of what cannot be sold again goes back, and that the tax of what can
    stays where customs does not lift it."""

    pay_spoiled: bool = False
    without_tax: bool = False


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one order line; counted once they are there. `refunded` is what they brought."""

    line_id: UUID
    number: int  # gnum of the list
    sku_id: UUID
    quantity: int
    sound: int
    spoiled: int
    refunded: Amounts


@dataclass(frozen=True, slots=True)
class ReturnEvent:
    """One entry of the timeline, numbered without gaps. `note`: a word, customs' code or what a person wrote."""

    sequence: int
    kind: str
    at: datetime
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class Return:
    id: UUID
    buyer_id: UUID
    order_id: UUID
    parcel_id: UUID
    number: str
    order_number: str
    parcel_number: str
    currency: str
    state: ReturnState
    customs: CustomsAnswer
    customs_code: str
    reason: Reason
    note: str
    tracking: str
    window: Window
    applied_at: datetime
    arrived_on: date | None
    lines: tuple[ReturnLine, ...]
    events: tuple[ReturnEvent, ...]

    @property
    def refunded(self) -> Amounts:
        return sum((line.refunded for line in self.lines), Amounts())

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def may_be_withdrawn(self) -> bool:
        return self.state is ReturnState.APPLIED or self.state is ReturnState.APPROVED and not self.tracking

    @property
    def refusal(self) -> NoReturn | None:
        """The clerk's word for no, where one of the common ones was chosen."""
        said = next((event.note for event in reversed(self.events) if event.kind == ReturnState.REFUSED), "")
        word = said.partition(":")[0]
        return NoReturn(word) if word in set(NoReturn) else None

    @property
    def refusal_note(self) -> str:
        said = next((event.note for event in reversed(self.events) if event.kind == ReturnState.REFUSED), "")
        return said.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Returnable:
    """What of a released parcel may still be sent back, by order line. `open` while it may be asked for."""

    parcel_id: UUID
    window: Window
    left: Mapping[UUID, int]
    open: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One return in the clerks' queue. `due_on`: the last day for what its state waits for, with the days left until
    then; None where it waits for none."""

    id: UUID
    buyer_id: UUID
    number: str
    parcel_number: str
    state: ReturnState
    customs: CustomsAnswer
    reason: Reason
    units: int
    tracking: str
    applied_at: datetime
    due_on: date | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class Queue:
    rows: tuple[Row, ...]
    page: int
    more: bool
