"""The door of a flash sale: who is served when. Pure: the time, the draw and the numbers are handed in.

Nobody is kept in a list. A ticket says which number somebody has, the clock says which numbers may come in, and the
difference of the two is the place in the line.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

PASS_FOR = timedelta(minutes=10)
POLLS_PER_S_MAX = 200  # of everybody in line together; where more than half as many come in, twice those
POLL_MIN_S = 2
POLL_MAX_S = 86_400  # a timer of a page holds 24 days, and beyond them goes off at once, again and again
PLACES_A_SECOND = 16  # by which looks are spread
_SECOND = timedelta(seconds=1)


class Standing(StrEnum):
    EARLY = "early"  # has a ticket; places are drawn when the sale begins
    WAITING = "waiting"
    ADMITTED = "admitted"
    OVER = "over"  # ended, called off or sold out


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of a sale's door. `early` and `seed` are None and empty until the sale has begun; `drawn` is how
    many numbers were given out so far."""

    sale_id: UUID
    starts_at: datetime
    ends_at: datetime
    admit_per_s: int
    early: int | None
    seed: bytes
    drawn: int
    closed: bool  # called off, or nothing is left

    def over(self, now: datetime) -> bool:
        return self.closed or now >= self.ends_at


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the line of one sale for one account. `number` None: from before the start, to be drawn."""

    sale_id: UUID
    buyer_id: UUID
    number: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """One account may order at one sale until a moment."""

    sale_id: UUID
    buyer_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """Where somebody stands: `place` 1 is the next to come in, 0 is in; they began at `first`. Seconds are from now."""

    standing: Standing
    place: int
    first: int
    wait_s: int
    poll_after_s: int


def admitted_upto(door: Door, now: datetime) -> int:
    """Numbers below this one may come in now."""
    return max(0, (now - door.starts_at) * door.admit_per_s // _SECOND)


def draw(seed: bytes, buyer_id: UUID, early: int) -> int:
    """The number of an account that came before the start: by chance in [0, early), the same however many tickets it
    took. Two may draw the same one; then they come in together."""
    chance = int.from_bytes(hashlib.sha256(seed + buyer_id.bytes).digest()[:8], "big")
    return chance * early >> 64


def number_of(ticket: Ticket, door: Door) -> int | None:
    """The ticket's number; None as long as it is not drawn."""
    if ticket.number is not None:
        return ticket.number
    return None if door.early is None else draw(door.seed, ticket.buyer_id, door.early)


def stand(ticket: Ticket, door: Door, now: datetime) -> Answer:
    """Where the holder of a ticket stands."""
    if door.over(now):
        return Answer(Standing.OVER, 0, 0, 0, 0)
    number = number_of(ticket, door)
    if now < door.starts_at or number is None:
        wait_s = _up(max(door.starts_at - now, timedelta()))
        look_s = min(wait_s + _spread_s(ticket, door), POLL_MAX_S)
        return Answer(Standing.EARLY, 0, 0, wait_s, max(POLL_MIN_S, look_s))
    first = number - admitted_upto(door, ticket.at) + 1
    place = number - admitted_upto(door, now) + 1
    if place <= 0:
        return Answer(Standing.ADMITTED, 0, max(first, 0), 0, 0)
    wait_s = _up((door.starts_at - now) + _SECOND * (number + 1) / door.admit_per_s)
    return Answer(Standing.WAITING, place, first, wait_s, poll_after_s(place, wait_s))


def _spread_s(ticket: Ticket, door: Door) -> int:
    """Seconds after the start at which somebody asks what they drew: not all in the same one, and by chance."""
    return draw(door.sale_id.bytes, ticket.buyer_id, _up_div(door.drawn, POLLS_PER_S_MAX))


def poll_after_s(place: int, wait_s: int) -> int:
    """When to look again: after a sixteenth of a second for each place, at the latest when one's turn has come. A line
    of any length then looks at most `POLLS_PER_S_MAX` times in a second."""
    return max(POLL_MIN_S, min(wait_s, _up_div(place, PLACES_A_SECOND)))


def fits(shown: Pass, *, sale_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """Whether a pass lets this account order at this sale now."""
    return (shown.sale_id, shown.buyer_id) == (sale_id, buyer_id) and now < shown.until


def _up(time: timedelta) -> int:
    return -(-time // _SECOND)


def _up_div(whole: int, part: int) -> int:
    return -(-whole // part)
