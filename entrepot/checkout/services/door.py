"""The door of a flash sale: tickets and passes, signed, and the numbers behind them. The rules are in `admission`.

No row for a visitor, and no statement for somebody who waits: what a process knows of a sale is read once a second,
numbers come in blocks. A row is written only when somebody who drew a number before they logged in comes in by it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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

    def next(self, sale_id: UUID, begun: bool) -> int:
        with self._change:
            block = self._blocks.get((sale_id, begun), range(0))
            if not block:
                if len(self._blocks) >= SALES_MAX:
                    self._blocks.clear()  # numbers of sales that were: never given out, so nobody stands there
                first = sales.take_numbers(sale_id=sale_id, count=BLOCK, begun=begun).first
                block = range(first, first + BLOCK)
            self._blocks[sale_id, begun] = block[1:]
        return block[0]


@dataclass(frozen=True, slots=True)
class Turn:
    """Where somebody stands, and the ticket they stand there with: "" where they have none."""

    answer: Answer
    ticket: str


_numbers = _Seen()
os.register_at_fork(after_in_child=_numbers.reset)
_draws: Kept[Numbers] = Kept(keep_s=KEPT_S * 60, entries_max=SALES_MAX)  # until `_sales` has read it: it stays
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


def line_up(*, sale: Sale, who: UUID, account: bool, ticket: str, now: datetime) -> Turn:
    """Where `who` (an account, or a visitor not logged in) stands in the line of a sale with a door.

    Whoever shows no ticket of theirs gets one: before the start accounts a ticket for the draw, from then on everybody
    the next number. A visitor's ticket stays good when they log in (`account` then tells whose pass they get).
    """
    door = door_of(sale, now)
    held = read_ticket(ticket=ticket)
    if held is not None and held.sale_id != sale.id:
        held = None
    if held is not None and held.account and held.who != who:
        held = None  # somebody else's, from before another log-in
    if held is None and not door.over(now):
        held = _drawn(door, who, account, now)
    answer = admission.stand(held, door, now)
    return Turn(answer, _signed(held) if held else "")


def _drawn(door: Door, who: UUID, account: bool, now: datetime) -> Ticket | None:
    begun = now >= door.starts_at
    if not begun and not account:
        return None
    number = _numbers.next(door.sale_id, begun)  # counted also where it will be drawn: how many draw is how many came
    return Ticket(door.sale_id, who, account, number if begun else None)


def _signed(ticket: Ticket) -> str:
    content = [ticket.sale_id.hex, ticket.who.hex, int(ticket.account), ticket.number]
    return signing.dumps(content, salt=_TICKET)


def read_ticket(*, ticket: str) -> Ticket | None:
    """What a ticket says, None where it was not ours or was changed."""
    content = _read(ticket, _TICKET)
    if content is None:
        return None
    sale_id, who, account, number = content
    return Ticket(UUID(sale_id), UUID(who), bool(account), number)


def _read(token: str, salt: str) -> Any:
    if not token or len(token) > TOKEN_MAX:
        return None
    try:
        return signing.loads(token, salt=salt)
    except signing.BadSignature:
        return None


def let_in(*, sale: Sale, buyer_id: UUID, visitor_id: UUID | None, ticket: str, now: datetime) -> str:
    """The pass of an account whose turn has come. Refuses NotAdmitted.

    `visitor_id`: who they were before they logged in; a number of theirs lets in one account and no other.
    """
    held, door = read_ticket(ticket=ticket), door_of(sale, now)
    if held is None or held.sale_id != sale.id or held.who not in (buyer_id, visitor_id):
        raise NotAdmitted(place=None, wait_s=None)
    answer = admission.stand(held, door, now)
    if answer.standing is not Standing.ADMITTED:
        raise NotAdmitted(place=answer.place, wait_s=answer.wait_s)
    if held.who != buyer_id:
        number = admission.number_of(held, door)
        assert number is not None
        if not sales.number_is_ours(sale_id=sale.id, number=number, buyer_id=buyer_id, now=now):
            raise NotAdmitted(place=None, wait_s=None)
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

    Refuses NotAdmitted.
    """
    every = prices.values() if isinstance(prices, Mapping) else prices
    wanted = {price.sale.sale_id for price in every if price.sale is not None and price.sale.door}
    if not wanted:
        return
    shown = [one for one in (read_pass(shown=token) for token in passes) if one is not None]
    for sale_id in wanted:
        if not any(admission.fits(one, sale_id=sale_id, buyer_id=buyer_id, now=now) for one in shown):
            raise NotAdmitted(field="passes", place=None, wait_s=None, sale_id=str(sale_id))
