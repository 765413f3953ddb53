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
    "513": ("CEB514Message", "LogisticsStatusReturn", ("logisticsCode", "logisticsNo")),
    "621": ("CEB622Message", "InventoryReturn", ("customsCode", "ebpCode", "ebcCode", "agentCode", "copNo")),
    "623": ("CEB624Message", "InvtCancelReturn", ("customsCode", "ebpCode", "ebcCode", "agentCode", "copNo")),
    "625": ("CEB626Message", "InvtRefundReturn", ("customsCode", "ebpCode", "ebcCode", "agentCode", "copNo")),
    "711": ("CEB712Message", "DeliveryReturn", ("customsCode", "operatorCode", "copNo", "preNo")),
}


@dataclass(frozen=True, slots=True)
class Say:
    """One receipt to come: after how many steps of the pace, with which numbers of customs."""

    status: int
    info: str
    step: int
    numbers: Mapping[str, str] = field(default_factory=dict)  # preNo, invtNo, rkdNo


def written(kind: str, head: Mapping[str, str], guid: str, say: Say, at: float) -> bytes:
    """The unsigned receipt for one business object."""
    message, element, keys = _SHAPES[kind]
    own = str(uuid.uuid4()).upper()
    told = {"guid": own, **{key: head[key] for key in keys if head.get(key)}, **say.numbers}
    told |= {"returnStatus": str(say.status), "returnTime": time_text(at), "returnInfo": f"{say.info}[{guid}]"[:1000]}
    return _document(message, element, _inside(told))


def badly_made(kind: str, guid: str, why: str, at: float) -> bytes:
    """The format receipt CEB900."""
    told = {
        "guid": str(uuid.uuid4()).upper(),
        "returnStatus": "-1",
        "returnInfo": why[:1000],
        "returnTime": time_text(at),
        "oriCopMsgId": guid,
        "oriMessageType": f"CEB{kind}Message",
        "oriBizMessage": "",
    }
    return _document("CEB900Message", "MessageReturn", _inside(told))


def bill(head: Mapping[str, str], lines: Sequence[Mapping[str, str]], extra: Mapping[str, str], at: float) -> bytes:
    """An electronic tax bill, CEB816. `extra`: what real traffic carries beside the specification."""
    told = {"guid": str(uuid.uuid4()).upper(), "returnTime": time_text(at), **head}
    parts = [_element("TaxHeadRd", {**told, **extra}), *(_element("TaxListRd", line) for line in lines)]
    return _document("CEB816Message", "Tax", "".join(parts))


def bill_state(head: Mapping[str, str], at: float) -> bytes:
    """What became of a tax bill, CEB818."""
    told = {"guid": str(uuid.uuid4()).upper(), "returnTime": time_text(at), **head}
    return _document("CEB818Message", "Tax", _element("TaxHeadStatus", told))


def time_text(at: float) -> str:
    moment = datetime.fromtimestamp(at, CHINA)
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def _element(name: str, told: Mapping[str, str]) -> str:
    return f"<{name}>{_inside(told)}</{name}>"


def _inside(told: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in told.items() if text)


def _document(message: str, element: str, inside: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{message} xmlns="http://www.chinaport.gov.cn/ceb" version="1.0"'
        f' guid="{str(uuid.uuid4()).upper()}"><{element}>{inside}</{element}></{message}>'
    ).encode()
