"""What arrives: the DXP envelope, the message in it, and its business objects."""

from __future__ import annotations

import base64
import binascii
import re
from importlib.resources import files

from lxml import etree

from entrepot.sandbox.customs.paper import Paper
from entrepot.sandbox.wire import Refused

_CEB = "{http://www.chinaport.gov.cn/ceb}"
_DXP = "{http://www.chinaport.gov.cn/dxp}"
_BODIES = {
    "311": "Order",
    "411": "Payment",
    "511": "Logistics",
    "513": "LogisticsStatus",
    "621": "Inventory",
    "623": "InvtCancel",
    "625": "InvtRefund",
    "711": "Delivery",
}
_FLAT = ("513", "623")  # the body is the head
SIGNED = ("621", "623", "625", "711")  # the others may come unsigned
_GUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


class Schema:
    """The port's own schema of what it takes."""

    def __init__(self) -> None:
        self._xsd = etree.XMLSchema(etree.fromstring(files(__package__).joinpath("data", "ceb.xsd").read_bytes()))

    def well_made(self, xml: bytes, guid: str, kind: str) -> tuple[etree._Element | None, str]:
        """The message, or nothing and what is wrong with it."""
        try:
            root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError:
            return None, "报文不是合法的XML"
        if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
            return None, "报文不得含有DTD"
        if root.tag != f"{_CEB}CEB{kind}Message" or not self._xsd.validate(root):
            first = next(iter(list(self._xsd.error_log)), None)  # type: ignore[call-overload]
            return None, f"XSD校验失败：{first.message if first is not None else '报文类型不符'}"[:500]
        if root.get("guid") != guid:
            return None, "报文标识与信封不一致"
        return root, ""


def opened(envelope: bytes) -> tuple[str, str, str, bytes]:
    """(guid, sender, kind, message) of a DxpMsg. Raises Refused(400)."""
    try:
        root = etree.fromstring(envelope, etree.XMLParser(resolve_entities=False, no_network=True))
        guid = root.findtext(f"{_DXP}TransInfo/{_DXP}CopMsgId") or ""
        sender = root.findtext(f"{_DXP}TransInfo/{_DXP}SenderId") or ""
        kind = (root.findtext(f"{_DXP}TransInfo/{_DXP}MsgType") or "").removeprefix("CEB").removesuffix("Message")
        xml = base64.b64decode(root.findtext(f"{_DXP}Data") or "", validate=True)
    except (etree.XMLSyntaxError, binascii.Error, ValueError) as wrong:
        raise Refused(400, "bad_envelope", "the body is not a DxpMsg") from wrong
    if root.tag != f"{_DXP}DxpMsg" or kind not in _BODIES or not _GUID.fullmatch(guid) or not xml:
        raise Refused(400, "bad_envelope", "CopMsgId, MsgType or Data is not what it should be")
    return guid, sender, kind, xml


def papers_of(root: etree._Element, kind: str) -> list[Paper]:
    papers = []
    for body in root.findall(_CEB + _BODIES[kind]):
        head, lines = body, []
        if kind not in _FLAT:
            head, *lines = list(body)
        papers.append(Paper(kind, _texts(head), [_texts(line) for line in lines]))
    return papers


def _texts(element: etree._Element) -> dict[str, str]:
    return {etree.QName(child).localname: (child.text or "").strip() for child in element if isinstance(child.tag, str)}
