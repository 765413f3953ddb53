"""How a declaration moves: the one statement, and who is told."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction

from entrepot.customs import models
from entrepot.customs.port import Sent
from entrepot.customs.rules.standing import Verdict
from entrepot.customs.services import booking, hearing
from entrepot.customs.types import DeclarationState, DocumentKind, News
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import defer, emit, ending, told
from entrepot.stock.types.bonded import Booking

LOCK_TIMEOUT = "5s"
SEND = "customs.send"
REMIND = "customs.remind"
WITHDRAW = "customs.withdraw"
RETURN_ANSWERED = "customs.return_answered"
RECKON = "customs.reckon_tax"
SILENCE = timedelta(minutes=15)  # after which the port is sent once more what it did not answer
UNSENT = timedelta(minutes=2)  # after which what did not leave is tried again
many_max = 1_000  # declarations that `Each` follows at once

_DECLARED = (DeclarationState.MATCHING, DeclarationState.LISTED)
_TOPICS = ("customs.declared", "customs.held", "customs.released", "customs.cancelled")

Follow = Callable[[News], object]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Touch:
    """News of one document, found by any of its guids or else by number. `returned_at` is customs' time."""

    kind: DocumentKind
    guids: Sequence[UUID]
    number: str | None = None
    returned_at: datetime | None = None
    sent: bool = True
    mark: str = ""
    status: int | None = None
    verdict: str = ""
    code: str = ""
    pre: str = ""
    invt: str = ""
    handed: bool = False  # to the port in a batch, which has the exchange

    def column(self, n: int) -> dict[str, Any]:
        return {
            "n": n,
            "guids": [str(guid) for guid in self.guids],
            "kind": self.kind.value,
            "number": self.number,
            "returned_at": self.returned_at.isoformat() if self.returned_at else None,
            "sent": self.sent,
            "mark": self.mark,
            "status": self.status,
            "verdict": self.verdict,
            "code": self.code,
            "pre": self.pre,
            "invt": self.invt,
            "handed": self.handed,
        }


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came. `id` is made of its hash."""

    id: UUID
    way: str
    root: str
    size: int
    sha256: bytes
    raw_sealed: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A receipt to keep with its touch: text without ID numbers, and the message that it came in."""

    id: UUID
    info: str
    sha256: bytes
    arrival: Arrived


@dataclass(frozen=True, slots=True)
class Each:
    """Follow every declaration in the transaction, though several move at once: for who holds nothing else."""

    follow: Follow

    def __call__(self, news: News) -> None:
        self.follow(news)


def take(
    touches: Sequence[Touch],
    *,
    kept: Sequence[Kept] = (),
    sent: Sequence[Sent] = (),
    then: Follow | None = None,
    last: bool = False,
    now: datetime,
) -> list[dict[str, Any]]:
    """Write the news and let `then` follow in the same transaction, one of its own. `last`: it is the last step of the
    running job, which ends with it.

    What `then` refuses must not lose the news: then they are written alone and the event is told, which the flow
    follows from the queue, where it is tried again and parked for a person.
    """
    if then is not None:
        try:
            with transaction.atomic():
                return move(touches, kept=kept, sent=sent, then=then, last=last, now=now)
        except (Refusal, DatabaseError) as wrong:
            _log.warning("the flow could not follow at once: %s", type(wrong).__name__)
    with transaction.atomic():
        return move(touches, kept=kept, sent=sent, last=last, now=now)


def move(
    touches: Sequence[Touch],
    *,
    kept: Sequence[Kept] = (),
    sent: Sequence[Sent] = (),
    then: Follow | None = None,
    last: bool = False,
    now: datetime,
) -> list[dict[str, Any]]:
    """Write the news in one statement, with what follows from it, inside the caller's transaction.

    The flow is told by `then`, called here, or else by the event: where several declarations move at once, each is
    followed from the queue, so that the locks of one parcel's flow are never taken behind another's, unless `then` is
    `Each`. The list is sent by a job. `kept` and `sent` belong to the touches one by one where given. Rows: the
    declarations touched, before and after.
    """
    arrivals = list({one.arrival.id: one.arrival for one in kept}.values())
    rows = sql.hot_rows(
        sql.load("customs", "move"),
        {
            "touches": sql.document([touch.column(n) for n, touch in enumerate(touches)]),
            "receipt_ns": sql.array(range(len(kept))),
            "receipt_ids": sql.array(one.id for one in kept),
            "infos": [one.info for one in kept],
            "receipt_hashes": sql.bytes_array(one.sha256 for one in kept),
            "arrivals_of": sql.array(one.arrival.id for one in kept),
            "arrival_ids": [one.id for one in arrivals],
            "ways": [one.way for one in arrivals],
            "roots": [one.root for one in arrivals],
            "sizes": [one.size for one in arrivals],
            "arrival_hashes": [one.sha256 for one in arrivals],
            "raws": [one.raw_sealed for one in arrivals],
            "exchange_ns": list(range(len(sent))),
            "exchange_ids": [new_id() for _ in sent],
            "openings": [one.opening for one in sent],
            "envelopes": [one.envelope_sha256 for one in sent],
            "statuses": [one.status for one in sent],
            "answers": [one.answer for one in sent],
            "at": now,
            "ask_at": json.dumps(_ask_at(now)),
            "lock_timeout": LOCK_TIMEOUT,
            "fact_ids": sql.array(new_id() for _ in touches),
            "job": SEND,
            "inline_max": many_max if isinstance(then, Each) else int(then is not None),
            **told(topics=_TOPICS),
            **ending(last=last),
        },
    )
    if any(touch.kind is DocumentKind.RETURN for touch in touches):
        _hear_returns(touches, now)
    for row in rows:
        if row["state"] == DeclarationState.CANCELLED and any(_pending(touches[n]) for n in row["touched"]):
            send_later(row["id"], row["buyer_id"], job=WITHDRAW)
    followed = [row for row in rows if row["topic"] is not None]
    lists = booking.released(rows)
    if then is not None and len(followed) == 1:  # its goods leave their book with their shipment
        then(_news(followed[0], lists.pop(followed[0]["id"], None)))
    elif isinstance(then, Each):
        for row in followed:
            then(_news(row))
    booking.write_off(lists, now)  # last: its locks are the most wanted
    return [*rows, *_hear_deliveries(touches, kept, now)]


def _pending(touch: Touch) -> bool:
    """Customs has the list, and has not decided on it."""
    return touch.kind is DocumentKind.LIST and touch.verdict in (Verdict.TAKEN, Verdict.STOPPED)


def _news(row: Mapping[str, Any], booking: Booking | None = None) -> News:
    state = DeclarationState(row["state"])
    return News(row["parcel_id"], row["order_id"], row["buyer_id"], state, row["held_code"], booking)


def _hear_returns(touches: Sequence[Touch], now: datetime) -> None:
    """What was said of returns stands beside the declaration, which stays released; a decision is told."""
    params = {
        "touches": json.dumps([touch.column(n) for n, touch in enumerate(touches)]),
        "ask_at": now + SILENCE,
    }
    rows = sql.rows(sql.load("customs", "hear_returns"), params)
    booking.accepted(rows, now)
    for row in rows:
        if row["decided"]:
            payload = {"return_id": str(row["return_id"])}
            emit(topic=RETURN_ANSWERED, aggregate_id=row["return_id"], buyer_id=row["buyer_id"], payload=payload)
            args = {**payload, "buyer_id": str(row["buyer_id"])}
            defer(job=RECKON, lock=f"customs:tax:{row['return_id']}", args=args)


def _hear_deliveries(touches: Sequence[Touch], kept: Sequence[Kept], now: datetime) -> list[dict[str, Any]]:
    """What was said of deliveries into a site, which have no declaration: a row that says which touches it was."""
    news = [
        (n, touch, kept[n] if n < len(kept) else None)
        for n, touch in enumerate(touches)
        if touch.kind is DocumentKind.INBOUND
    ]
    named = hearing.hear(news, now) if news else []
    return [{"touched": named, "topic": None}] if named else []


def _ask_at(now: datetime) -> dict[str, str]:
    return {
        DeclarationState.DRAFT.value: (now + UNSENT).isoformat(),
        DeclarationState.MATCHING.value: (now + SILENCE).isoformat(),
        DeclarationState.LISTED.value: (now + SILENCE).isoformat(),
    }


def tell(row: dict[str, Any], was: DeclarationState, state: DeclarationState, held_code: str) -> None:
    """Tell the flow that a declaration's state changed; nothing where it did not."""
    topic = topic_of(was, state)
    if topic is None:
        return
    payload = {
        "declaration_id": str(row["id"]),
        "order_id": str(row["order_id"]),
        "parcel_id": str(row["parcel_id"]),
        **({"code": held_code} if state is DeclarationState.HELD else {}),
    }
    emit(topic=topic, aggregate_id=row["parcel_id"], buyer_id=row["buyer_id"], payload=payload)


def topic_of(was: DeclarationState, state: DeclarationState, *, anew: bool = False) -> str | None:
    """What is told of a change (`anew`: held for another reason); `sql/move.sql` says the same in SQL."""
    if (state is was and not anew) or (state in _DECLARED and was in _DECLARED):
        return None
    if state in _DECLARED:
        return "customs.declared"
    if state in (DeclarationState.HELD, DeclarationState.RELEASED, DeclarationState.CANCELLED):
        return f"customs.{state.value}"
    return None


def send_later(declaration_id: UUID, buyer_id: UUID, job: str = SEND) -> None:
    """Order a job that sends whatever is due (REMIND: also again; WITHDRAW: having asked for the list back), in the
    caller's transaction."""
    args = {"declaration_id": str(declaration_id), "buyer_id": str(buyer_id)}
    defer(job=job, lock=f"customs:{declaration_id}", args=args)


def news(*, parcel_id: UUID, buyer_id: UUID) -> News | None:
    """How the parcel's declaration stands, kept from changing until the caller's transaction ends: for who hears of it
    from the queue, where news may be older than what the flow has followed already."""
    rows = models.Declaration.objects.select_for_update().filter(buyer_id=buyer_id, parcel_id=parcel_id)
    row = rows.only("id", "order_id", "state", "held_code").first()
    if row is None:
        return None
    return News(parcel_id, row.order_id, buyer_id, DeclarationState(row.state), row.held_code)
