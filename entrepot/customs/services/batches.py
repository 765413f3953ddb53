"""Documents that wait together leave together: up to 100 of a kind in one message, under one guid and one signature."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from entrepot.customs import keys, models, port, reading
from entrepot.customs.ceb import message, signing
from entrepot.customs.ceb.tables import BODIES_MAX
from entrepot.customs.services.documents import transfer
from entrepot.customs.services.telling import Follow, Touch, take
from entrepot.customs.types import DocumentKind
from entrepot.kit import sql
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Refusal
from entrepot.outbox.services import defer

HALVE = "customs.halve"
BYTES_MAX = 700 * 1024  # of the documents in a message: in its envelope it stays below a megabyte
REPEAT = timedelta(minutes=1)  # before which a batch is not sent again, whoever of its hundred asks


class _TakenMeanwhile(Exception):
    """Some of the documents are in another batch by now."""


@dataclass(frozen=True, slots=True)
class Loose:
    """One document on its way into a batch: its bytes as a message of its own."""

    id: UUID
    buyer_id: UUID
    kind: DocumentKind
    xml: bytes


@dataclass(frozen=True, slots=True)
class Packed:
    id: UUID
    kind: DocumentKind
    made_at: datetime
    xml: bytes
    documents: tuple[Loose, ...]


@dataclass(slots=True)
class Left:
    """What became of some documents: how many are with the port, and why others are not, by document."""

    count: int = 0
    refused: dict[UUID, Refusal] = field(default_factory=dict)


def chunks(ones: Sequence[Loose]) -> Iterator[Sequence[Loose]]:
    """Documents of one kind, as many as fit into each message."""
    begin, size = 0, 0
    for n, one in enumerate(ones):
        if n > begin and (n - begin == BODIES_MAX or size + len(one.xml) > BYTES_MAX):
            yield ones[begin:n]
            begin, size = n, 0
        size += len(one.xml)
    if begin < len(ones):
        yield ones[begin:]


def pack(ones: Sequence[Loose], now: datetime, before: UUID | None = None) -> Packed | None:
    """One message of these documents of one kind, written down before it leaves, so that it is always the same bytes.

    `before`: the batch they leave. None where somebody else was faster. Not inside a transaction: the signer may be
    far. Refuses keys.NotSetUp, SignerSilent, SignerSaysNo.
    """
    kind, id_ = ones[0].kind, new_id()
    parts = [message.cut(one.xml)[0] for one in ones]
    content = message.joined(kind, id_=id_, parts=parts, tail=message.closing(kind, transfer()))
    content = message.checked(signing.sealed(content, keys.identity()))
    packed = Packed(id_, kind, now, message.to_bytes(content), tuple(ones))
    row = {
        "id": id_,
        "kind": kind.value,
        "documents": len(ones),
        "tail": message.cut(content)[1],
        "sha256": hashlib.sha256(packed.xml).digest(),
        "at": now,
        "document_ids": [one.id for one in ones],
        "buyer_ids": [one.buyer_id for one in ones],
        "before": before,
    }
    try:
        with transaction.atomic():
            if sql.run(sql.load("customs", "pack"), row) != len(ones):
                raise _TakenMeanwhile
    except _TakenMeanwhile:
        return None
    return packed


def members(batch_id: UUID) -> list[Loose]:
    """The documents that a batch still has, in their order."""
    rows = models.Document.objects.filter(batch_id=batch_id).order_by("place")
    return [
        Loose(one.id, one.buyer_id, DocumentKind(one.kind), reading.open_document(one.xml_sealed, one.id))
        for one in rows
    ]


def load(batch_id: UUID, now: datetime) -> Packed | None:
    """A batch as it left, byte for byte; what is left of one that was halved, in a new one. None where nothing is."""
    row, ones = models.Batch.objects.get(id=batch_id), members(batch_id)
    if not ones or row.halved_at is not None:
        return pack(ones, now, batch_id) if ones else None
    kind, parts = DocumentKind(row.kind), [message.cut(one.xml)[0] for one in ones]
    xml = message.to_bytes(message.joined(kind, id_=row.id, parts=parts, tail=bytes(row.tail)))
    if hashlib.sha256(xml).digest() != bytes(row.sha256):
        raise ValueError(f"batch {batch_id} is not what left")
    return Packed(row.id, kind, row.made_at, xml, tuple(ones))


def send_batch(packed: Packed, now: datetime, then: Follow | None = None) -> Left:
    """Send a batch and write down what came of it. What the port does not take as a whole goes on in two halves, so
    that one document never holds the others. Refuses PortSilent."""
    sent = port.send(document_id=packed.id, kind=packed.kind, xml=packed.xml, made_at=packed.made_at)
    with transaction.atomic():
        models.Batch.objects.filter(id=packed.id).update(sent_at=now)
        models.BatchExchange.objects.create(
            batch_id=packed.id,
            at=now,
            opening=sent.opening,
            envelope_sha256=sent.envelope_sha256,
            status=sent.status,
            answer=sent.answer,
        )
    touches = [Touch(packed.kind, [one.id], sent=sent.arrived, handed=True) for one in packed.documents]
    take(touches, then=then, now=now)
    refusal = sent.refusal
    if refusal is None:
        return Left(len(packed.documents))
    if not isinstance(refusal, port.PortSaysNo):
        raise refusal
    if len(packed.documents) == 1:
        return Left(0, {packed.documents[0].id: refusal})
    return halve(packed.id, now, then)


def halve(batch_id: UUID, now: datetime, then: Follow | None = None) -> Left:
    """The documents of a refused batch in two new ones, sent; none where that was done before. Refuses PortSilent."""
    models.Batch.objects.filter(id=batch_id, halved_at=None).update(halved_at=now)
    ones, left = members(batch_id), Left()
    middle = (len(ones) + 1) // 2
    halves = [pack(part, now, batch_id) for part in (ones[:middle], ones[middle:]) if part]
    for half in halves:
        if half is not None:
            told = send_batch(half, now, then)
            left.count += told.count
            left.refused |= told.refused
    return left


def refused_whole(guids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Batches among these guids that customs says are badly made. A batch of several is halved by a job, ordered in the
    caller's transaction; of one, its document is named: that is what customs means."""
    rows = list(models.Batch.objects.filter(id__in=list(guids)))
    alone = [row.id for row in rows if row.documents == 1]
    one_of = dict(models.Document.objects.filter(batch_id__in=alone).values_list("batch_id", "id")) if alone else {}
    for row in rows:
        if row.documents > 1 and row.halved_at is None:
            defer(job=HALVE, lock=f"customs:{row.id}", args={"batch_id": str(row.id)})
    return {row.id: one_of.get(row.id) for row in rows}


def halve_refused(*, batch_id: UUID, now: datetime) -> int:
    """A batch that customs found badly made goes on in halves. Returns how many documents left. Refuses PortSilent."""
    return halve(batch_id, now).count
