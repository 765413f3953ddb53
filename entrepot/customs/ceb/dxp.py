"""The transport envelope: `DxpMsg` with the message as base64 in `Data`, for one to five receivers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from lxml import etree

from entrepot.customs.ceb import message, schema
from entrepot.customs.ceb.tables import DXP, RECEIVERS_MAX
from entrepot.kit.clock import CHINA

ENVELOPE_MAX_BYTES = 2 * message.BODY_MAX_BYTES
_ROOT = f"{{{DXP}}}DxpMsg"
_CLOSING = b"</Data></DxpMsg>"
_LOOKED_AT_BYTES = 1024  # of what arrives, to tell an envelope from a message


@dataclass(frozen=True, slots=True)
class Address:
    """Who sends a message to whom, and what it is. `receivers`: one to five."""

    message_id: str
    message_type: str
    sender: str
    receivers: Sequence[str]


def opening(address: Address, at: datetime) -> bytes:
    """The envelope up to its data: with the message, all that makes it again. Raises message.NotWellMade."""
    if not 0 < len(address.receivers) <= RECEIVERS_MAX:
        raise message.NotWellMade(f"ReceiverIds: 1 to {RECEIVERS_MAX}")
    receivers = "".join(f"<ReceiverId>{escape(one)}</ReceiverId>" for one in address.receivers)
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<DxpMsg xmlns=\"{DXP}\" ver=\"1.0\"><TransInfo>"
        f"<CopMsgId>{escape(address.message_id)}</CopMsgId><SenderId>{escape(address.sender)}</SenderId>"
        f"<ReceiverIds>{receivers}</ReceiverIds>"
        f"<CreatTime>{at.astimezone(CHINA):%Y-%m-%dT%H:%M:%S}</CreatTime>"
        f"<MsgType>{escape(address.message_type)}</MsgType></TransInfo><Data>"
    ).encode()


def closed(opened: bytes, content: bytes) -> bytes:
    """The whole envelope. The same arguments give the same bytes, so a message can be sent again as it was."""
    return b"".join((opened, base64.b64encode(content), _CLOSING))


def checked(envelope: bytes) -> bytes:
    """The envelope, held against its schema. Raises message.NotWellMade."""
    faults = schema.faults(etree.fromstring(envelope), schema.ENVELOPE)
    if faults:
        raise message.NotWellMade(*faults)
    return envelope


def is_envelope(body: bytes) -> bool:
    return b"DxpMsg" in body[:_LOOKED_AT_BYTES]


def unwrap(body: bytes) -> bytes:
    """The message in an envelope that arrived. The envelope's own signature, if any, is its carrier's and proves
    nothing of customs. Raises message.NotWellMade."""
    root = message.parse(body, ENVELOPE_MAX_BYTES)
    if root.tag != _ROOT:
        raise message.NotWellMade("no envelope of this schema")
    faults = schema.faults(root, schema.ENVELOPE)
    if faults:
        raise message.NotWellMade(*faults)
    try:
        return base64.b64decode("".join((root.findtext(f"{{{DXP}}}Data") or "").split()), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise message.NotWellMade("Data: not base64") from wrong
