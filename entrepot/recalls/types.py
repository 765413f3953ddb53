"""Goods called back, as other rooms see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

REASON_MAX = 300
INSTRUCTION_MAX = 1_000
LOTS_MAX = 50


class RecallState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Remedy(StrEnum):
    """What a buyer gets. Where the time for returns is over, goods of a `RETURN` are paid for without coming back."""

    RETURN = "return"  # send it back; what is due goes back when it has arrived
    KEEP = "keep"  # do not use it, do not send it: everything paid goes back


class AffectedState(StrEnum):
    HELD = "held"  # an order has claimed it and it has not left: it does not leave
    SOLD = "sold"  # it left
    FREED = "freed"  # the order let go of it


class Relief(StrEnum):
    """What became of units that an order held and did not take with it."""

    NONE = ""
    REPLACED = "replaced"  # the order line holds another lot, or went with it
    CALLED_OFF = "called_off"  # nothing is held for the line any more


@dataclass(frozen=True, slots=True)
class RecallDraft:
    """What staff write. Texts are (zh, en); lots are (sku_id, lot_id). `key` names the act."""

    lots: tuple[tuple[UUID, UUID], ...]
    reason: tuple[str, str]
    instruction: tuple[str, str]
    remedy: Remedy
    key: str


@dataclass(frozen=True, slots=True)
class RecallLot:
    sku_id: UUID
    lot_id: UUID
    code: str
    gathered: bool  # everything that it went to is known
    received: int


@dataclass(frozen=True, slots=True)
class Recall:
    id: UUID
    number: str
    state: RecallState
    remedy: Remedy
    reason: Mapping[str, str]
    instruction: Mapping[str, str]
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    close_reason: str
    lifted_at: datetime | None
    counted_at: datetime | None
    lots: tuple[RecallLot, ...]

    @property
    def gathering(self) -> bool:
        return any(not one.gathered for one in self.lots)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Units and buyers of a recall. Of `sold` units: `coming` are on their way, `back` were counted in, `kept` stay
    with their buyers and are paid for, `paid` are paid for in all. `answered`: back or kept."""

    received: int = 0
    free: int = 0
    held: int = 0
    claimed: int = 0
    sold: int = 0
    coming: int = 0
    back: int = 0
    kept: int = 0
    paid: int = 0
    buyers: int = 0
    told: int = 0
    mailed: int = 0
    seen: int = 0

    @property
    def answered(self) -> int:
        return self.back + self.kept


@dataclass(frozen=True, slots=True)
class Affected:
    """Units of a recalled lot in one order line."""

    id: UUID
    buyer_id: UUID
    order_id: UUID
    line_id: UUID
    order_number: str
    parcel_number: str
    line_number: int
    lot_code: str
    sku_code: str
    titles: Mapping[str, str]
    quantity: int
    state: AffectedState
    relief: Relief
    asked: bool  # for the parcel to be called off: it waits for customs, or for a clerk
    coming: int
    back: int
    kept: int
    paid: int


@dataclass(frozen=True, slots=True)
class BuyerNotice:
    """What a buyer is told of one order. `units` by order line; `open` while something can be asked for."""

    recall_id: UUID
    number: str
    reason: Mapping[str, str]
    instruction: Mapping[str, str]
    remedy: Remedy
    open: bool
    told_at: datetime
    order_id: UUID
    order_number: str
    units: Mapping[UUID, int]
    titles: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What is owed for recalled units of a parcel: units by order line that are neither back, kept nor on their way.
    `keep`: they are paid for without coming back. `kept` counts what was paid for so before: it only grows, so that
    each act has a key of its own."""

    units: Mapping[UUID, int]
    keep: bool
    kept: int
