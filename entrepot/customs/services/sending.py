"""Send what is due to the port, outside any transaction, and write down what came of it. Safe to repeat."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import F

from entrepot.customs import models, port, reading
from entrepot.customs.rules.standing import undecided, unsent
from entrepot.customs.services import batches
from entrepot.customs.services.by_provider import ByProvider, Told, hand_over
from entrepot.customs.services.telling import REMIND, SEND, SILENCE, Follow, Touch, send_later, take
from entrepot.customs.types import DeclarationState, DocumentKind
from entrepot.kit import sql
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import end_along, take_along

remind_batch_max = 200
asks_max = 10  # SILENCE doubles each time: about ten days
along_max = 299  # declarations sent together with the one whose job runs: three messages of lists
LEASE_S = 120  # after which a job that was taken along and not ended runs by itself
WAITED = timedelta(seconds=1)  # a job that has stood in line so long is not alone in it
_SIGNED = b"<ds:Signature"

Named = tuple[UUID, UUID]  # declaration and buyer


@dataclass(frozen=True, slots=True)
class Ready:
    """One document's bytes on the way out; `by` where the provider tells customs of it, not we. `batch_id`: the message
    that it travels in."""

    id: UUID
    kind: DocumentKind
    xml: bytes
    made_at: datetime
    by: ByProvider | None = None
    named: Named | None = None
    batch_id: UUID | None = None

    @property
    def alone(self) -> bool:
        """It may travel as the message that it is."""
        return self.by is not None or (self.batch_id is None and _SIGNED in self.xml)


def post(messages: Sequence[Ready], now: datetime, then: Follow | None = None, last: bool = False) -> None:
    """Send the messages and keep what the port answered; `then` follows in that transaction. `last`: when all arrived,
    the running job has nothing left to do and ends there.

    Refuses PortSilent, PortSaysNo when one did not arrive; of a provider's also what `payments.query_share` refuses.
    """
    _outside()
    told = [_hand_over(message, now) for message in messages]
    arrived = all(one.refusal is None for one in told)
    take([one.touch for one in told], sent=[one.sent for one in told], then=then, last=last and arrived, now=now)
    for one in told:
        if one.refusal is not None:
            raise one.refusal


def _outside() -> None:
    with transaction.atomic(durable=True):
        pass  # nobody is waited for inside a transaction: raises there


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
    return _send_one((declaration_id, buyer_id), now, tuple(DocumentKind), then=then, last=last)


def send_list(*, declaration_id: UUID, buyer_id: UUID, now: datetime) -> bool:
    """Send the list, once customs has taken in the three documents. False while it is not due or was sent before.

    Refuses PortSilent, PortSaysNo.
    """
    return _send_one((declaration_id, buyer_id), now, (DocumentKind.LIST,)) == 1


def send_again(*, declaration_id: UUID, buyer_id: UUID, now: datetime) -> int:
    """Send what never left, and once more, byte for byte, what customs has not decided on. Returns how many.

    The port knows a message by its guid and repeats its receipts: lost ones come again.
    """
    return _send_one((declaration_id, buyer_id), now, tuple(DocumentKind), again=True)


def send_along(*, declaration_id: UUID, buyer_id: UUID, now: datetime, due_at: datetime | None = None) -> int:
    """Send what is due of the declaration whose job runs, and of those whose jobs wait behind it, together: up to 100
    documents in a message. What waits now goes now: nobody waits for a message to fill. A job that runs as soon as it
    is due has nobody behind it, and asks for nobody. Returns how many left.

    One document that the port refuses holds no other: its own job goes on with it alone. Refuses PortSilent,
    PortSaysNo.
    """
    alone_yet = due_at is not None and now - due_at < WAITED
    along = [] if alone_yet else take_along(job=SEND, most=along_max, lease_s=LEASE_S)
    if not along:
        return send(declaration_id=declaration_id, buyer_id=buyer_id, now=now, last=True)
    named = {one.job_id: (UUID(one.args["declaration_id"]), UUID(one.args["buyer_id"])) for one in along}
    mine = (declaration_id, buyer_id)
    count, refused = send_many(declarations=[*{mine: None, **dict.fromkeys(named.values())}], now=now)
    alone = [job_id for job_id, one in named.items() if one in refused and one != mine]
    end_along(done=named.keys() - alone, alone=alone)
    if mine in refused:
        raise refused[mine]
    return count


def send_many(*, declarations: Sequence[Named], now: datetime) -> tuple[int, dict[Named, Refusal]]:
    """Send what is due of some declarations, together where that may be. How many documents left, and which
    declarations have one that did not and why. Refuses PortSilent."""
    return send_all(_due(declarations, tuple(DocumentKind), again=False), now)


def _send_one(
    named: Named,
    now: datetime,
    kinds: Collection[DocumentKind],
    again: bool = False,
    then: Follow | None = None,
    last: bool = False,
) -> int:
    due = _due([named], kinds, again=again)
    if all(one.alone for one in due):
        if due:
            post(due, now, then, last)
        return len(due)
    count, refused = send_all(due, now, again=again)
    for refusal in refused.values():
        raise refusal
    return count


def _due(declarations: Sequence[Named], kinds: Collection[DocumentKind], *, again: bool) -> list[Ready]:
    params = {
        "ids": [one for one, _ in declarations],
        "buyer_ids": [buyer for _, buyer in declarations],
        "again": again,
    }
    found = []
    for _, group in groupby(sql.hot_rows(sql.load("customs", "ready"), params), key=lambda row: row["declaration_id"]):
        rows = list(group)
        standings = reading.standings_of(sql.json_value(rows[0]["standing"]))
        differing, cancelled = sql.json_value(rows[0]["differences"]) != [], rows[0]["cancelled_at"] is not None
        due = set(unsent(standings, differing=differing, cancelled=cancelled))
        if again and rows[0]["state"] in (DeclarationState.MATCHING, DeclarationState.LISTED):
            due |= undecided(standings)
        elif again and rows[0]["state"] == DeclarationState.HELD:
            due |= undecided(standings) & {DocumentKind.CANCEL}
        for row in rows:
            kind, named = DocumentKind(row["kind"]), (row["declaration_id"], row["buyer_id"])
            if kind in due & set(kinds):
                payment_id = standings[kind].payment
                by = ByProvider(payment_id, row["order_number"], *named, again) if payment_id else None
                xml = reading.open_document(row["xml_sealed"], row["id"])
                found.append(Ready(row["id"], kind, xml, row["made_at"], by, named, row["batch_id"]))
    return found


def send_all(
    due: Sequence[Ready], now: datetime, *, again: bool = False, then: Follow | None = None
) -> tuple[int, dict[Named, Refusal]]:
    """Send documents of some declarations: how many left, and which declarations have one that did not. Each kind after
    the other, in the order in which customs wants them. Refuses PortSilent."""
    _outside()
    left = batches.Left()
    for _, group in groupby(sorted(due, key=lambda one: one.kind), key=lambda one: one.kind):
        ones = list(group)
        single = [one for one in ones if one.by is not None]
        loose = [one for one in ones if one.by is None and one.batch_id is None]
        if len(loose) == 1 and loose[0].alone:
            single, loose = [*single, *loose], []
        _post_each(single, now, left, then)
        _send_batches({one.batch_id for one in ones if one.by is None and one.batch_id}, now, left, again)
        parts = [batches.Loose(one.id, one.named[1], one.kind, one.xml) for one in loose if one.named is not None]
        for part in batches.chunks(parts):
            if (packed := batches.pack(part, now)) is not None:
                _add(left, batches.send_batch(packed, now, then))
    whose = {one.id: one.named for one in due}
    return left.count, {named: why for id_, why in left.refused.items() if (named := whose.get(id_)) is not None}


def _post_each(ones: Sequence[Ready], now: datetime, left: batches.Left, then: Follow | None) -> None:
    for one in ones:
        try:
            post([one], now, then)
        except port.PortSilent:
            if one.by is None:
                raise
            left.refused[one.id] = port.PortSilent()
        except Refusal as refusal:
            left.refused[one.id] = refusal
        else:
            left.count += 1


def _send_batches(ids: Collection[UUID], now: datetime, left: batches.Left, again: bool) -> None:
    """Batches that did not arrive, or (`again`) that customs is silent on, once more as they were."""
    for id_ in sorted(ids):
        recent = models.Batch.objects.filter(id=id_, sent_at__gt=now - batches.REPEAT)
        if not again or not recent.exists():
            packed = batches.load(id_, now)
            if packed is not None:
                _add(left, batches.send_batch(packed, now))


def _add(left: batches.Left, more: batches.Left) -> None:
    left.count += more.count
    left.refused |= more.refused


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
