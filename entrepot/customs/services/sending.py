"""Send what is due to the port, outside any transaction, and write down what came of it. Safe to repeat."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from entrepot.customs import models, port, reading
from entrepot.customs.rules.standing import undecided, unsent
from entrepot.customs.services.telling import REMIND, SILENCE, Follow, send_later, sent_touches, take
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit import sql

remind_batch_max = 200
asks_max = 10  # SILENCE doubles each time: about ten days


@dataclass(frozen=True, slots=True)
class Ready:
    """One document's bytes on the way out."""

    id: UUID
    kind: DocumentKind
    xml: bytes
    made_at: datetime


def post(messages: Sequence[Ready], now: datetime, then: Follow | None = None, last: bool = False) -> None:
    """Send the messages and keep what the port answered; `then` follows in that transaction. `last`: when all arrived,
    the running job has nothing left to do and ends there.

    Refuses PortSilent, PortSaysNo when one did not arrive.
    """
    with transaction.atomic(durable=True):
        pass  # nobody is waited for inside a transaction: raises there
    sent = [port.send(document_id=m.id, kind=m.kind, xml=m.xml, made_at=m.made_at) for m in messages]
    touches = sent_touches(zip((m.kind for m in messages), sent, strict=True))
    take(touches, sent=sent, then=then, last=last and all(one.arrived for one in sent), now=now)
    for one in sent:
        if (refusal := one.refusal) is not None:
            raise refusal


def send(*, declaration_id: UUID, buyer_id: UUID, now: datetime, then: Follow | None = None, last: bool = False) -> int:
    """Send every document of the declaration that should be with the port and is not. Returns how many left.

    Two calls at once do no harm: the port knows a message by its guid. `then` as in `take_receipt`, `last` as in
    `post`. Refuses PortSilent, PortSaysNo.
    """
    return _send(declaration_id, buyer_id, now, tuple(DocumentKind), then=then, last=last)


def send_list(*, declaration_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """Send the list, once customs has taken in the three documents. False while it is not due or was sent before.

    Refuses PortSilent, PortSaysNo.
    """
    return _send(declaration_id, buyer_id, now, (DocumentKind.LIST,)) == 1


def send_again(*, declaration_id: UUID, buyer_id: UUID, now: datetime) -> int:
    """Send what never left, and once more, byte for byte, what customs has not decided on. Returns how many.

    The port knows a message by its guid and repeats its receipts: lost ones come again.
    """
    return _send(declaration_id, buyer_id, now, tuple(DocumentKind), again=True)


def _send(
    declaration_id: UUID,
    buyer_id: UUID,
    now: datetime,
    kinds: Collection[DocumentKind],
    again: bool = False,
    then: Follow | None = None,
    last: bool = False,
) -> int:
    params = {"buyer_id": buyer_id, "id": declaration_id, "again": again}
    rows = sql.rows(sql.load("customs", "ready"), params)
    if not rows:
        return 0
    standings = reading.standings_of(sql.json_value(rows[0]["standing"]))
    differing, cancelled = sql.json_value(rows[0]["differences"]) != [], rows[0]["cancelled_at"] is not None
    due = set(unsent(standings, differing=differing, cancelled=cancelled))
    if again and rows[0]["state"] in (DeclarationState.MATCHING, DeclarationState.LISTED):
        due |= undecided(standings)
    messages = [
        Ready(row["id"], DocumentKind(row["kind"]), reading.open_document(row["xml_sealed"], row["id"]), row["made_at"])
        for row in rows
        if row["kind"] in due & set(kinds)
    ]
    if messages:
        post(messages, now, then, last)
    return len(messages)


def remind(*, now: datetime) -> int:
    """Order a reminder for each declaration that the port has been silent on. Returns how many."""
    rows = models.Declaration.objects.filter(ask_at__lte=now, asks__lt=asks_max).order_by("ask_at")[:remind_batch_max]
    for row in rows:
        with transaction.atomic():
            later = now + SILENCE * 2**row.asks
            mine = models.Declaration.objects.filter(buyer_id=row.buyer_id, id=row.id, ask_at=row.ask_at)
            if mine.update(asks=F("asks") + 1, ask_at=later):
                send_later(row.id, row.buyer_id, job=REMIND)
    return len(rows)
