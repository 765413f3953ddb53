"""Take what customs answers, in any order and any number of times."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cryptography import x509
from django.db import transaction

from entrepot.customs import delivery, keys
from entrepot.customs.ceb import dxp, message, signing
from entrepot.customs.ceb.tables import MESSAGES, Answer
from entrepot.customs.port import HTTP
from entrepot.customs.rules import bills
from entrepot.customs.rules.info import masked_info
from entrepot.customs.rules.standing import Verdict, held_code, mark, verdict
from entrepot.customs.services import evidence
from entrepot.customs.services.batches import refused_whole
from entrepot.customs.services.taxbills import Said, keep_bills
from entrepot.customs.services.telling import Arrived, Follow, Kept, Touch, take
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal

_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_ROOTS = {table.root: kind for kind, table in MESSAGES.items()}
INFO_MAX = 1000
BADLY_MADE = "CEB900Message"


class WrongSchema(Invalid):
    code = "wrong_schema"
    status = 400
    zh = "不是合规的海关回执：{faults}"
    en = "This is no receipt of the customs schema: {faults}"


class ForgedReceipt(Refusal):
    code = "forged_receipt"
    status = 401
    zh = "回执签名无效：{why}"
    en = "The receipt is not signed by the customs port: {why}"


class UnknownDocument(NotFound):
    code = "unknown_document"
    zh = "回执对应的单证不存在"
    en = "The receipt names no document of ours"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a delivery: what came, and what it says of documents or of tax bills. `whole`: it speaks of a
    batch and of no document."""

    body: bytes
    arrival: Arrived
    touches: tuple[Touch, ...]
    kept: tuple[Kept, ...]
    bills: tuple[bills.Told, ...] = ()
    whole: bool = False


def take_receipt(
    *, body: bytes, headers: Mapping[str, str], now: datetime, then: Follow | None = None, way: str = HTTP
) -> int:
    """Keep the receipts of one delivery and move their declarations by them, in one statement. Returns how many of
    their returns are about something of ours.

    A delivery is one receipt, or several as multipart/mixed, each bare or in a transport envelope. The signature is in
    each message; `headers` say nothing that is trusted. Repeated, late and shuffled receipts end in the same state. Tax
    bills are kept until the clock puts them to their lists. `then` follows in the transaction; without it the flow is
    told by events. Refuses WrongSchema, ForgedReceipt, UnknownDocument (none is of ours): then nothing moves, and what
    came is kept as evidence. Refuses NotSetUp.
    """
    try:
        messages = [read_message(one, way) for one in delivered(body, headers)]
        return _take(messages, then, now)
    except (WrongSchema, ForgedReceipt, UnknownDocument) as refusal:
        evidence.refused(body, way, refusal, now)
        raise


def _take(messages: Sequence[Message], then: Follow | None, now: datetime) -> int:
    billing = [one for one in messages if one.bills]
    answers = [_named(one) if one.arrival.root == BADLY_MADE else one for one in messages if not one.bills]
    touches = [touch for one in answers for touch in one.touches]
    rows = take(touches, kept=[kept for one in answers for kept in one.kept], then=then, now=now) if touches else []
    named = {n for row in rows for n in row["touched"]}
    whole = [one for one in answers if one.whole]
    ours = keep_bills([Said(one.arrival, one.bills) for one in billing], now)  # after the receipts that number lists
    if not named and not whole and not any(map(any, ours)):
        raise UnknownDocument()
    evidence.taken([one.arrival for one in whole], now)
    strange = [one for one, known in zip(billing, ours, strict=True) if not any(known)]
    n = 0
    for one in answers:
        if not one.whole and named.isdisjoint(range(n, n + len(one.touches))):
            strange.append(one)
        n += len(one.touches)
    evidence.unknown([(one.body, one.arrival) for one in strange], UnknownDocument(), now)
    return len(named) + len(whole) + sum(map(sum, ours))


def _named(one: Message) -> Message:
    """A message that says of a batch that it is badly made: of one document, it means that one; of several, they go on
    in halves and none of them is to blame yet."""
    guids = [guid for touch in one.touches for guid in touch.guids]
    with transaction.atomic():
        found = refused_whole(guids)
    if not found:
        return one
    members = [member for member in found.values() if member is not None]
    if not members:
        return replace(one, touches=(), kept=(), whole=True)
    return replace(one, touches=tuple(replace(touch, guids=members) for touch in one.touches))


def delivered(body: bytes, headers: Mapping[str, str]) -> list[bytes]:
    """The receipts of a delivery, each byte for byte. Refuses WrongSchema."""
    try:
        return delivery.messages(body, headers)
    except message.NotWellMade as wrong:
        raise WrongSchema(faults="; ".join(wrong.faults)) from wrong


def read_message(body: bytes, way: str, certificate: x509.Certificate | None = None) -> Message:
    """What one message says; signed by the port's key unless another is named. Refuses WrongSchema, ForgedReceipt,
    NotSetUp."""
    try:
        root = message.parse(dxp.unwrap(body) if dxp.is_envelope(body) else body)
        answer, returns = message.read_answer(root)
        touches = () if answer.taxes else tuple(_touch(answer, one.head) for one in returns)
        told = tuple(bills.told(answer.root, one.head, one.lines) for one in returns) if answer.taxes else ()
    except message.NotWellMade as wrong:
        raise WrongSchema(faults="; ".join(wrong.faults)) from wrong
    try:
        content = signing.verify(root, certificate or keys.port_certificate())
    except signing.BadSignature as wrong:
        raise ForgedReceipt(why=str(wrong)) from wrong
    arrival = evidence.arrival(body, way, answer.root)
    # The signature's own bytes may be written in many ways: they do not count. Each return of a message does.
    digests = _digests(content, len(touches))
    kept = tuple(
        Kept(new_id(), masked_info(one.head.get("returnInfo", ""))[:INFO_MAX], digest, arrival)
        for one, digest in zip(returns, digests, strict=False)
    )
    return Message(body, arrival, touches, kept, told)


def _digests(content: bytes, count: int) -> list[bytes]:
    """SHA-256 of the content for the first return, of the content and "#n" for each after it; the content is read
    once."""
    read = hashlib.sha256(content)
    found = [read.digest()]
    for n in range(1, count):
        one = read.copy()
        one.update(b"#%d" % n)
        found.append(one.digest())
    return found[:count]


def _touch(answer: Answer, one: message.Texts) -> Touch:
    """What one return says of which document. Raises message.NotWellMade."""
    kind = answer.kind or _ROOTS.get(one["oriMessageType"].removesuffix(".xml"))
    if kind is None:
        raise message.NotWellMade("oriMessageType: not allowed")
    status, returned_at = int(one["returnStatus"]), message.moment(one["returnTime"])
    badly_made = answer.kind is None
    meaning = Verdict.REFUSED if badly_made else verdict(kind, status)
    # A port's receipt carries an identifier of its own; the one it answers stands in brackets in its text.
    named = " ".join((one["guid"], one.get("oriCopMsgId", ""), one.get("returnInfo", "")))
    return Touch(
        kind=kind,
        guids=[UUID(text) for text in _GUID.findall(named)],
        number=one.get(answer.number) if answer.number else None,
        returned_at=returned_at,
        mark=mark(status, returned_at),
        status=status,
        verdict=meaning.value,
        code=held_code(status, badly_made) if meaning in (Verdict.REFUSED, Verdict.STOPPED) else "",
        pre=one.get("preNo", ""),
        invt=one.get("invtNo") or one.get("rkdNo", ""),
    )
