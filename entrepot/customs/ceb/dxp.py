"""The transport envelope: `DxpMsg` with the message as base64 in `Data`."""

from __future__ import annotations

import base64
from datetime import datetime

from lxml import etree

from entrepot.customs.ceb.tables import DXP
from entrepot.kit.clock import CHINA


def wrap(message: bytes, *, message_id: str, message_type: str, sender: str, receiver: str, at: datetime) -> bytes:
    """The envelope of one message. The same arguments give the same bytes, so a message can be sent again as it was."""
    root = etree.Element(_name("DxpMsg"), ver="1.0", nsmap={None: DXP})  # type: ignore[dict-item] # the default name space
    info = etree.SubElement(root, _name("TransInfo"))
    etree.SubElement(info, _name("CopMsgId")).text = message_id
    etree.SubElement(info, _name("SenderId")).text = sender
    receivers = etree.SubElement(info, _name("ReceiverIds"))
    etree.SubElement(receivers, _name("ReceiverId")).text = receiver
    etree.SubElement(info, _name("CreatTime")).text = at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M:%S")
    etree.SubElement(info, _name("MsgType")).text = message_type
    etree.SubElement(root, _name("Data")).text = base64.b64encode(message).decode()
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _name(local: str) -> str:
    return f"{{{DXP}}}{local}"
