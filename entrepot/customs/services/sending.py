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
from entrepot.customs.services.by_provider import ByProvider, Told, hand_over
from entrepot.customs.services.telling import REMIND, SILENCE, Follow, Touch, send_later, take
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit import sql

remind_batch_max = 200
asks_max = 10  # SILENCE doubles each time: about ten days


@dataclass(frozen=True, slots=True)
class Ready:
    """One document's bytes on the way out; `by` where the provider tells customs of it, not we."""

    id: UUID
    kind: DocumentKind
    xml: bytes
    made_at: datetime
    by: ByProvider | None = None


def post(messages: Sequence[Ready], now: datetime, then: Follow | None = None, last: bool = False) -> None:
    """Send the messages and keep what the port answered; `then` follows in that transaction. `last`: when all arrived,
    the running job has nothing left to do and ends there.

    Refuses PortSilent, PortSaysNo when one did not arrive; of a provider's also what `payments.query_share` refuses.
    """
    with transaction.atomic(durable=True):
        pass  # nobody is waited for inside a transaction: raises there
    told = [_hand_over(message, now) for message in messages]
    arrived = all(one.refusal is None for one in told)
    take([one.touch for one in told], sent=[one.sent for one in told], then=then, last=last and arrived, now=now)
    for one in told:
        if one.refusal is not None:
            raise one.refusal


def _hand_over(message: Ready, now: datetime) -> Told:
    if message.by is not None:
        return hand_over(document_id=message.id, xml=message.xml, by=message.by, now=now)
    sent = port.send(document_id=message.id, kind=message.kind, xml=message.xml, made_at=message.made_at)
    return Told(sent, Touch(message.kind, [sent.document_id], sent=sent.arrived), sent.refusal)


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
    messages = []
    for row in rows:
        kind = DocumentKind(row["kind"])
        if kind in due & set(kinds):
            payment_id = standings[kind].payment
            by = ByProvider(payment_id, row["order_number"], declaration_id, buyer_id, again) if payment_id else None
            xml = reading.open_document(row["xml_sealed"], row["id"])
            messages.append(Ready(row["id"], kind, xml, row["made_at"], by))
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
