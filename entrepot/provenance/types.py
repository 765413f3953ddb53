"""The journey of a lot, as other rooms see it. Nothing here is personal data: the page that shows it is public."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Happening(StrEnum):
    """In the order in which they come on one day."""

    AUTHORISED = "authorised"  # a link of the chain by which the brand lets us sell it
    ORDERED = "ordered"  # a purchase order was sent to the supplier
    DEPARTED = "departed"  # a leg of its consignment began
    DECLARED = "declared"  # declared into the bonded zone
    ARRIVED = "arrived"
    RECEIVED = "received"  # counted onto the shelves
    SOLD = "sold"  # what left on one day, released by customs
    RECALLED = "recalled"
    CLEARED = "cleared"  # nothing was wrong with it: sold again after a recall


@dataclass(frozen=True, slots=True)
class Step:
    """What is appended. `key` names it within its lot; `facts` holds codes, days and counts: it is hashed and shown."""

    kind: Happening
    key: str
    at: datetime
    country: str
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Link:
    """One event of a chain, with the hash of the one before."""

    number: int
    kind: Happening
    key: str
    at: datetime
    country: str
    facts: Mapping[str, str | int]
    before: str
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first link that does not fit, and why: number, before, hash."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Scans:
    """How often a code was opened. Readers are counted anew each day: nobody is recognised from one day to the next."""

    readers: int
    days: int
    first_at: datetime | None
    suspicious: bool


@dataclass(frozen=True, slots=True)
class Code:
    id: UUID
    code: str
    sku_id: UUID
    lot_id: UUID
    unit: bool  # of one unit; else of the whole lot
    made_at: datetime
