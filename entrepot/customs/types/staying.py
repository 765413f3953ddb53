"""Goods of a released list that come back or stay, as other contexts see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Window:
    """Until which days, in China, goods of a released list may be asked back and be back, and by which rule."""

    released_on: date
    apply_by: date
    back_by: date
    source: str


class StayState(StrEnum):
    """How a released list stands whose goods stay: customs is asked to take it back (CEB625)."""

    UNASKED = "unasked"  # yet, or it cannot be: the list is not released any more
    ASKED = "asked"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"
    SETTLED = "settled"  # by customs' paper, without its yes


@dataclass(frozen=True, slots=True)
class Stay:
    """A released list whose goods stay. `version` counts how often customs was asked;
    `code` and `told` (by language, with what customs wrote) say why it refuses; `ask_by` is the last day on which it
    may be asked. `paper` settled it."""

    since: datetime
    state: StayState
    version: int
    number: str
    code: str
    told: Mapping[str, str]
    ask_by: date | None
    paper: str
    settled_by: str
    settled_at: datetime | None
    released: bool  # the list, now

    def may_ask(self, today: date) -> bool:
        """Whether customs may be asked (again) on this day in China."""
        waits = self.state in (StayState.UNASKED, StayState.REFUSED)
        return waits and self.released and (self.ask_by is None or today <= self.ask_by)


@dataclass(frozen=True, slots=True)
class Settled:
    """A list whose goods stay and that customs settled by a paper: its units are in its account book again."""

    order_number: str
    buyer_id: UUID
    parcel_id: UUID
    book: str
    units: int
    paper: str
    settled_by: str
    settled_at: datetime
