"""Receipts as the port writes them: a default name space, an identifier of its own, the answered one in the text."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from xml.sax.saxutils import escape

CHINA = timezone(timedelta(hours=8))
# Kind of the request: message, element, and the keys it repeats from the request's head.
_SHAPES: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "311": ("CEB312Message", "OrderReturn", ("ebpCode", "ebcCode", "orderNo")),
    "411": ("CEB412Message", "PaymentReturn", ("payCode", "payTransactionId")),
    "511": ("CEB512Message", "LogisticsReturn", ("logisticsCode", "logisticsNo")),
    "621": ("CEB622Message", "InventoryReturn", ("customsCode", "ebpCode", "ebcCode", "agentCode", "copNo")),
    "623": ("CEB624Message", "InvtCancelReturn", ("customsCode", "ebpCode", "ebcCode", "agentCode", "copNo")),
}


@dataclass(frozen=True, slots=True)
class Say:
    """One receipt to come: after how many steps of the pace, with which numbers of customs."""

    status: int
    info: str
    step: int
    numbers: Mapping[str, str] = field(default_factory=dict)  # preNo, invtNo


def written(kind: str, head: Mapping[str, str], guid: str, say: Say, at: float) -> bytes:
    """The unsigned receipt for one business object."""
    message, element, keys = _SHAPES[kind]
    own = str(uuid.uuid4()).upper()
    told = {"guid": own, **{key: head[key] for key in keys if head.get(key)}, **say.numbers}
    told |= {"returnStatus": str(say.status), "returnTime": _time(at), "returnInfo": f"{say.info}[{guid}]"[:1000]}
    return _document(message, element, told)


def badly_made(kind: str, guid: str, why: str, at: float) -> bytes:
    """The format receipt CEB900."""
    told = {
        "guid": str(uuid.uuid4()).upper(),
        "returnStatus": "-1",
        "returnInfo": why[:1000],
        "returnTime": _time(at),
        "oriCopMsgId": guid,
        "oriMessageType": f"CEB{kind}Message",
        "oriBizMessage": "",
    }
    return _document("CEB900Message", "MessageReturn", told)


def _time(at: float) -> str:
    moment = datetime.fromtimestamp(at, CHINA)
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def _document(message: str, element: str, told: Mapping[str, str]) -> bytes:
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in told.items() if text)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{message} xmlns="http://www.chinaport.gov.cn/ceb" version="1.0"'
        f' guid="{str(uuid.uuid4()).upper()}"><{element}>{inside}</{element}></{message}>'
    ).encode()
