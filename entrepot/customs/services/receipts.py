"""Take what customs answers, in any order and any number of times."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesParser
from email.policy import compat32
from uuid import UUID

from cryptography import x509

from entrepot.customs import keys
from entrepot.customs.ceb import dxp, message, signing
from entrepot.customs.ceb.tables import MESSAGES, Answer
from entrepot.customs.models import Declaration
from entrepot.customs.port import HTTP
from entrepot.customs.rules.info import masked_info
from entrepot.customs.rules.standing import Verdict, held_code, mark, verdict
from entrepot.customs.services import evidence
from entrepot.customs.services.telling import Arrived, Follow, Kept, Touch, take
from entrepot.kit.clock import CHINA
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal

_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_ROOTS = {table.root: kind for kind, table in MESSAGES.items()}
INFO_MAX = 1000
MESSAGES_MAX = 100  # in one delivery


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
    """One message of a delivery: what came, and what it says. `lists`: the list numbers that tax bills name."""

    body: bytes
    arrival: Arrived
    touches: tuple[Touch, ...]
    kept: tuple[Kept, ...]
    lists: frozenset[str]


def take_receipt(
    *, body: bytes, headers: Mapping[str, str], now: datetime, then: Follow | None = None, way: str = HTTP
) -> int:
    """Keep the receipts of one delivery and move their declarations by them, in one statement. Returns how many of
    their returns are about something of ours.

    A delivery is one receipt, or several as multipart/mixed, each bare or in a transport envelope. The signature is in
    each message; `headers` say nothing that is trusted. Repeated, late and shuffled receipts end in the same state. Tax
    bills of our lists are kept and move nothing. `then` follows in the transaction; without it the flow is told by
    events. Refuses WrongSchema, ForgedReceipt, UnknownDocument (none is of ours): then nothing moves, and what came is
    kept as evidence. Refuses NotSetUp.
    """
    try:
        messages = [read_message(one, way) for one in _messages(body, headers)]
        return _take(messages, then, now)
    except (WrongSchema, ForgedReceipt, UnknownDocument) as refusal:
        evidence.refused(body, way, refusal, now)
        raise


def _take(messages: Sequence[Message], then: Follow | None, now: datetime) -> int:
    bills = [one for one in messages if one.lists]
    ours = _ours(bills)
    answers = [one for one in messages if not one.lists]
    touches = [touch for one in answers for touch in one.touches]
    rows = take(touches, kept=[kept for one in answers for kept in one.kept], then=then, now=now) if touches else []
    named = {n for row in rows for n in row["touched"]}
    if not named and not ours:
        raise UnknownDocument()
    evidence.taken([one.arrival for one in ours], now)
    strange, n = [one for one in bills if one not in ours], 0
    for one in answers:
        if named.isdisjoint(range(n, n + len(one.touches))):
            strange.append(one)
        n += len(one.touches)
    evidence.unknown([(one.body, one.arrival) for one in strange], UnknownDocument(), now)
    return len(named) + len(ours)


def _ours(bills: Sequence[Message]) -> list[Message]:
    """The tax bills of which at least one list is ours."""
    asked = {number for one in bills for number in one.lists}
    if not asked:
        return []
    known = set(Declaration.objects.filter(list_number__in=asked).values_list("list_number", flat=True))
    return [one for one in bills if one.lists & known]


def _messages(body: bytes, headers: Mapping[str, str]) -> list[bytes]:
    """The receipts of a delivery, each byte for byte. Refuses WrongSchema."""
    kind = headers.get("Content-Type", "")
    if not kind.lower().startswith("multipart/"):
        return [body]
    head = b"Content-Type: %b\r\n\r\n" % kind.encode("latin-1", "replace")
    whole = BytesParser(policy=compat32).parsebytes(head + body)  # which reads no more of a head than is asked for
    parts = [part.get_payload(decode=True) for part in whole.walk() if not part.is_multipart()]
    found = [part for part in parts if isinstance(part, bytes)]
    if not whole.is_multipart() or not 0 < len(found) <= MESSAGES_MAX:
        raise WrongSchema(faults=f"1 to {MESSAGES_MAX} messages in one delivery")
    return found


def read_message(body: bytes, way: str, certificate: x509.Certificate | None = None) -> Message:
    """What one message says; signed by the port's key unless another is named. Refuses WrongSchema, ForgedReceipt,
    NotSetUp."""
    try:
        root = message.parse(dxp.unwrap(body) if dxp.is_envelope(body) else body)
        answer, returns = message.read_answer(root)
        touches = () if answer.taxes else tuple(_touch(answer, one.head) for one in returns)
    except message.NotWellMade as wrong:
        raise WrongSchema(faults="; ".join(wrong.faults)) from wrong
    try:
        content = signing.verify(root, certificate or keys.port_certificate())
    except signing.BadSignature as wrong:
        raise ForgedReceipt(why=str(wrong)) from wrong
    arrival = evidence.arrival(body, way, answer.root)
    # The signature's own bytes may be written in many ways: they do not count. Each return of a message does.
    digests = [hashlib.sha256(content + b"#%d" % n if n else content).digest() for n in range(len(touches))]
    kept = tuple(
        Kept(new_id(), masked_info(one.head.get("returnInfo", ""))[:INFO_MAX], digest, arrival)
        for one, digest in zip(returns, digests, strict=False)
    )
    lists = frozenset(one.head["invtNo"] for one in returns) if answer.taxes else frozenset()
    return Message(body, arrival, touches, kept, lists)


def _touch(answer: Answer, one: message.Texts) -> Touch:
    """What one return says of which document. Raises message.NotWellMade."""
    kind = answer.kind or _ROOTS.get(one["oriMessageType"].removesuffix(".xml"))
    if kind is None:
        raise message.NotWellMade("oriMessageType: not allowed")
    status, returned_at = int(one["returnStatus"]), _time(one["returnTime"])
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
        invt=one.get("invtNo", ""),
    )


def _time(text: str) -> datetime:
    """A returnTime: 17 digits, China time, to the millisecond."""
    try:
        whole = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError as wrong:
        raise message.NotWellMade("returnTime: not allowed") from wrong
    return whole.replace(microsecond=int(text[14:]) * 1000)
