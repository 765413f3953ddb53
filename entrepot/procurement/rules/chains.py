"""Whether a chain of authorisations runs from a brand's owner to us, and until when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from entrepot.procurement.types import Authorisation

OWNER: UUID | None = None  # as a grantor
US: UUID | None = None  # as a grantee
WARN_DAYS = (60, 30, 7)


def held(links: Iterable[Authorisation], day: date, territory: str) -> list[Authorisation]:
    """The links that hold on a day for a country; "" asks for any."""
    return [
        link
        for link in links
        if link.valid_from <= day < link.ends_on
        and (not link.territory or not territory or territory in link.territory)
    ]


def best(links: Sequence[Authorisation], through: UUID | None = None) -> date | None:
    """Of all chains from the owner to us over these links, the latest end of a chain's weakest link; None where there
    is none. `through`: only chains over this supplier."""
    if through is not None:
        before = _widest(links, OWNER, through)
        after = _widest(links, through, US)
        return min(before, after) if before and after else None
    return _widest(links, OWNER, US)


def chain_until(links: Sequence[Authorisation], day: date, territory: str, through: UUID | None = None) -> date | None:
    """The first day from `day` on on which no chain holds any more, where one holds on `day`; a chain that begins when
    another ends goes on. None where none holds."""
    until = best(held(links, day, territory), through)
    found = until
    while until is not None:
        found = until
        until = best(held(links, until, territory), through)
    return found


def may_buy(links: Sequence[Authorisation], day: date, territory: str, supplier: UUID, own: bool) -> bool:
    """Whether the supplier may sell us the brand for a country: a chain runs over him, or, where he is the owner's own
    company (`own`), straight from the owner to us."""
    now = held(links, day, territory)
    if best(now, supplier) is not None:
        return True
    return own and any(link.grantor_id is OWNER and link.grantee_id is US for link in now)


def due_notice(link: Authorisation, day: date) -> int | None:
    """The warning that is due: the smallest of `WARN_DAYS` that the days left do not exceed; None before or after."""
    left = (link.ends_on - day).days
    if left <= 0 or link.valid_from > day:
        return None
    return min((days for days in WARN_DAYS if left <= days), default=None)


def relied_on(
    links: Sequence[Authorisation], day: date, territory: str, supplier: UUID, own: bool
) -> tuple[Authorisation, ...]:
    """The links by which `may_buy` is true, from the owner to us; none where it is not. Of several chains the one that
    holds longest."""
    now = held(links, day, territory)
    before, after = _way(now, OWNER, supplier), _way(now, supplier, US)
    if before and after:
        return (*before[1], *after[1])
    straight = [link for link in now if own and link.grantor_id is OWNER and link.grantee_id is US]
    return (max(straight, key=lambda link: link.ends_on),) if straight else ()


def _widest(links: Sequence[Authorisation], start: UUID | None, end: UUID | None) -> date | None:
    """The latest day until which some chain of links from `start` to `end` holds."""
    found = _way(links, start, end)
    return found[0] if found else None


def _way(
    links: Sequence[Authorisation], start: UUID | None, end: UUID | None
) -> tuple[date, tuple[Authorisation, ...]] | None:
    """That day and the chain's links. The owner and we are no suppliers, so both are None, one as a grantor and the
    other as a grantee."""
    reached: dict[UUID, date] = {}
    best_way: tuple[date, tuple[Authorisation, ...]] | None = None
    frontier: list[tuple[UUID | None, date, tuple[Authorisation, ...]]] = [(start, date.max, ())]
    while frontier:
        at, until, path = frontier.pop()
        for link in links:
            if link.grantor_id != at:
                continue
            holds, longer = min(until, link.ends_on), (*path, link)
            if link.grantee_id == end and (best_way is None or best_way[0] < holds):
                best_way = holds, longer
            if link.grantee_id is not None and reached.get(link.grantee_id, date.min) < holds:
                reached[link.grantee_id] = holds
                frontier.append((link.grantee_id, holds, longer))
    return best_way
