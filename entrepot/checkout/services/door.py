"""The door of a flash sale: tickets and passes, signed, and the numbers behind them. The rules are in `admission`.

No row for anybody, and no statement for somebody who waits: what a process knows of a sale is read once a second,
numbers come in blocks. Accounts line up, not visitors: whoever is in the line can order, and nobody can fill it with
numbers that no one will use.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID

from django.core import signing

from entrepot.checkout.rules import admission
from entrepot.checkout.rules.admission import Answer, Door, Pass, Standing, Ticket
from entrepot.kit.kept import Kept
from entrepot.kit.refusals import Refusal
from entrepot.pricing import selectors as pricing
from entrepot.pricing import services as sales
from entrepot.pricing.types import Numbers, Price, Sale, SaleState

KEPT_S = 1  # how old what is known of a sale may be
BLOCK = 64  # numbers a process takes at once
SALES_MAX = 100
IDLE = timedelta(seconds=1)  # so much of what a door did not use may be used later, by all at once
GIVEN_S, GIVEN_MAX = 86_400, 50_000  # how long and of how many accounts the tickets are remembered
TOKEN_MAX = 400  # characters
_TICKET, _PASS = "entrepot.door.ticket", "entrepot.door.pass"


class NotAdmitted(Refusal):
    """`place` in the line and the seconds to wait, where there is a ticket; else None: line up first."""

    code = "not_admitted"
    status = 429
    retry_after_s = 5
    zh = "还没有轮到您，请先在抢购页排队"
    en = "It is not your turn yet: line up at the sale first"


class _Seen:
    """The blocks of numbers this process is giving out, by sale: those for after the start are others."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._change = Lock()
        self._blocks: dict[tuple[UUID, bool], range] = {}

    def next(self, sale_id: UUID, begun: bool, lowest: int) -> int:
        with self._change:
            block = self._blocks.get((sale_id, begun), range(0))
            if not block or block[0] < lowest:
                if len(self._blocks) >= SALES_MAX:
                    self._blocks.clear()  # numbers of sales that were: never given out, so nobody stands there
                first = sales.take_numbers(sale_id=sale_id, count=BLOCK, begun=begun, lowest=lowest).first
                block = range(first, first + BLOCK)
            self._blocks[sale_id, begun] = block[1:]
        return block[0]


@dataclass(frozen=True, slots=True)
class Turn:
    """Where somebody stands, and the ticket they stand there with: "" where they came too late for one."""

    answer: Answer
    ticket: str


_numbers = _Seen()
os.register_at_fork(after_in_child=_numbers.reset)
_draws: Kept[Numbers] = Kept(keep_s=KEPT_S * 60, entries_max=SALES_MAX)  # until `_sales` has read it: it stays
_given: Kept[Ticket] = Kept(keep_s=GIVEN_S, entries_max=GIVEN_MAX)
_codes: Kept[str] = Kept(keep_s=GIVEN_S, entries_max=SALES_MAX)
_sales: Kept[Sale | None] = Kept(keep_s=KEPT_S, entries_max=SALES_MAX)


def live_sale(*, storefront_id: UUID, code: str) -> Sale | None:
    """A flash sale with its units, as it was at most a second ago."""
    return _sales.get((storefront_id, code), lambda: pricing.sale_by_code(storefront_id=storefront_id, code=code))


def door_of(sale: Sale, now: datetime) -> Door:
    """Raises ValueError where the door is open. The first look after the start draws for those who came before."""
    if sale.admit_per_s is None:
        raise ValueError("this sale has no door")
    early, seed = sale.early, sale.seed
    if early is None and now >= sale.starts_at:
        drawn = _draws.get(sale.id, lambda: sales.take_numbers(sale_id=sale.id, count=0, begun=True))
        early, seed = drawn.early, drawn.seed
    return Door(
        sale_id=sale.id,
        starts_at=sale.starts_at,
        ends_at=sale.ends_at,
        admit_per_s=sale.admit_per_s,
        early=early,
        seed=seed,
        drawn=sale.numbers,
        closed=sale.state(now) in (SaleState.OVER, SaleState.SOLD_OUT),
    )


def line_up(*, sale: Sale, buyer_id: UUID, ticket: str, now: datetime) -> Turn:
    """Where an account stands in the line of a sale with a door.

    Whoever shows no ticket of theirs gets one: before the start to take part in the draw, from then on with the next
    number. The same process gives an account the same ticket again.
    """
    door, held = door_of(sale, now), read_ticket(ticket=ticket)
    if held is None or (held.sale_id, held.buyer_id) != (sale.id, buyer_id):
        if door.over(now):
            return Turn(Answer(Standing.OVER, 0, 0, 0, 0), "")
        held = _given.get((sale.id, buyer_id), lambda: _drawn(door, buyer_id, now))
    return Turn(admission.stand(held, door, now), _signed(held))


def look(*, sale: Sale, ticket: str, now: datetime) -> Turn | None:
    """Where the holder of a ticket stands, whoever shows it; None where it is no ticket of this sale. No statement."""
    held = read_ticket(ticket=ticket)
    if held is None or held.sale_id != sale.id:
        return None
    return Turn(admission.stand(held, door_of(sale, now), now), ticket)


def _drawn(door: Door, buyer_id: UUID, now: datetime) -> Ticket:
    begun = now >= door.starts_at
    lowest = admission.admitted_upto(door, now - IDLE) if begun else 0
    # Counted also where it will be drawn: how many draw is how many came.
    number = _numbers.next(door.sale_id, begun, lowest)
    return Ticket(door.sale_id, buyer_id, number if begun else None, now)


def _signed(ticket: Ticket) -> str:
    content = [ticket.sale_id.hex, ticket.buyer_id.hex, ticket.number, int(ticket.at.timestamp())]
    return signing.dumps(content, salt=_TICKET)


def read_ticket(*, ticket: str) -> Ticket | None:
    """What a ticket says, None where it was not ours or was changed."""
    content = _read(ticket, _TICKET)
    if content is None:
        return None
    sale_id, buyer_id, number, at = content
    return Ticket(UUID(sale_id), UUID(buyer_id), number, datetime.fromtimestamp(at, UTC))


def _read(token: str, salt: str) -> Any:
    if not token or len(token) > TOKEN_MAX:
        return None
    try:
        return signing.loads(token, salt=salt)
    except signing.BadSignature:
        return None


def let_in(*, sale: Sale, buyer_id: UUID, ticket: str, now: datetime) -> str:
    """The pass of an account whose turn has come, good for ten minutes; a ticket gives another. No statement.

    Refuses NotAdmitted.
    """
    held = read_ticket(ticket=ticket)
    if held is None or (held.sale_id, held.buyer_id) != (sale.id, buyer_id):
        raise NotAdmitted(place=None, wait_s=None)
    answer = admission.stand(held, door_of(sale, now), now)
    if answer.standing is not Standing.ADMITTED:
        raise NotAdmitted(place=answer.place, wait_s=answer.wait_s)
    until = now + admission.PASS_FOR
    return signing.dumps([sale.id.hex, buyer_id.hex, int(until.timestamp())], salt=_PASS)


def read_pass(*, shown: str) -> Pass | None:
    """What a pass says, None where it was not ours or was changed."""
    content = _read(shown, _PASS)
    if content is None:
        return None
    sale_id, buyer_id, until = content
    return Pass(UUID(sale_id), UUID(buyer_id), datetime.fromtimestamp(until, UTC))


def check_passes(
    *, prices: Mapping[UUID, Price] | Collection[Price], passes: Collection[str], buyer_id: UUID, now: datetime
) -> None:
    """Whether an account may order at these prices: for each sale with a door there is a pass. No statement.

    Refuses NotAdmitted, with the sale's id and its code.
    """
    every = prices.values() if isinstance(prices, Mapping) else prices
    wanted = {price.sale.sale_id for price in every if price.sale is not None and price.sale.door}
    if not wanted:
        return
    shown = [one for one in (read_pass(shown=token) for token in passes) if one is not None]
    for sale_id in wanted:
        if not any(admission.fits(one, sale_id=sale_id, buyer_id=buyer_id, now=now) for one in shown):
            raise NotAdmitted(field="passes", place=None, wait_s=None, sale_id=str(sale_id), sale=_code(sale_id))


def _code(sale_id: UUID) -> str:
    """What callers from outside know the sale by; read once in a while, since many are told so in a rush."""

    def read() -> str:
        sale = pricing.sale(sale_id=sale_id)
        return sale.code if sale else ""

    return _codes.get(sale_id, read)
