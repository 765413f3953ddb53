"""The way to the customs port: one HTTP POST per message, or a file in a carrier's folder, always in a DXP envelope.
Receipts come back on their own, the same two ways."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from entrepot.customs import folder
from entrepot.customs.ceb import dxp
from entrepot.customs.ceb.message import guid
from entrepot.customs.ceb.tables import MESSAGES
from entrepot.customs.types import DocumentKind
from entrepot.kit import outside
from entrepot.kit.refusals import Refusal

ANSWER_MAX_BYTES = 16 * 1024  # kept of an answer
READ_MAX_BYTES = 1024 * 1024
HTTP, FOLDER = "http", "folder"
DUPLICATE = 409  # the port has this very message already: it arrived


class PortSilent(Refusal):
    code = "customs_port_silent"
    status = 503
    zh = "海关口岸暂时无法连接，将自动重试"
    en = "The customs port cannot be reached right now; it is tried again by itself"


class PortSaysNo(Refusal):
    """The port does not take our envelope at all: wrong address, unknown sender, bad envelope."""

    code = "customs_port_says_no"
    status = 502
    zh = "海关口岸拒绝接收报文（{answer}）"
    en = "The customs port does not take the message ({answer})"


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that left: what it was, and what the port answered. `status` None: nothing came back."""

    document_id: UUID
    opening: bytes  # of the envelope: with the document's bytes it makes the envelope again
    envelope_sha256: bytes
    status: int | None
    answer: bytes

    @property
    def arrived(self) -> bool:
        return self.status is not None and (200 <= self.status < 300 or self.status == DUPLICATE)

    @property
    def refusal(self) -> Refusal | None:
        """Why it did not arrive; None when it did."""
        if self.arrived:
            return None
        if self.status is None or self.status >= 500 or self.status == 429:
            return PortSilent()
        told = re.search(rb'"code":\s*"(\w{1,40})"', self.answer)
        return PortSaysNo(answer=f"{self.status} {told[1].decode()}" if told else str(self.status))


def send(*, document_id: UUID, kind: DocumentKind, xml: bytes, made_at: datetime) -> Sent:
    """Send one message. Never raises for what the way does; sending it again is safe."""
    name = guid(document_id)
    address = dxp.Address(name, MESSAGES[kind].root, settings.CUSTOMS_DXP_ID, receivers())
    opened = dxp.opening(address, made_at)
    envelope = dxp.checked(dxp.closed(opened, xml))
    digest = hashlib.sha256(envelope).digest()
    try:
        answer = _carry(name, envelope)
    except outside.NoReply:
        return Sent(document_id, opened, digest, None, b"")
    return Sent(document_id, opened, digest, answer.status, answer.body[:ANSWER_MAX_BYTES])


def receivers() -> list[str]:
    """The addresses that each message goes to."""
    return [one.strip() for one in settings.CUSTOMS_RECEIVER.split(",") if one.strip()]


def _carry(name: str, envelope: bytes) -> outside.Reply:
    if settings.CUSTOMS_TRANSPORT == FOLDER:
        return folder.drop(name, envelope)
    return _post("/dxp", envelope, "application/xml")


def enrol(*, certificate_pem: str, notify_url: str) -> str:
    """Tell the port our certificate and where receipts go; the port's own certificate in PEM.

    Refuses PortSilent, PortSaysNo.
    """
    wish = {"dxp_id": settings.CUSTOMS_DXP_ID, "certificate": certificate_pem, "notify_url": notify_url}
    try:
        answer = _post("/certificates", json.dumps(wish).encode(), "application/json")
    except outside.NoReply as wrong:
        raise PortSilent() from wrong
    if answer.status != 200:
        raise PortSaysNo(answer=answer.status)
    return str(json.loads(answer.body)["certificate"])


def _post(path: str, body: bytes, kind: str) -> outside.Reply:
    return outside.post(
        f"{settings.CUSTOMS_URL}{path}",
        body,
        {"Content-Type": kind},
        timeout_s=settings.OUTSIDE_TIMEOUT_S,
        bytes_max=READ_MAX_BYTES,
    )
