"""The elements of each message in their order: the one place that sender, receiver and schema are made from.

Notation, one element each: `name? type`. The question mark means optional. Types:
`s60` text of 1 to 60 characters, `x3` text of exactly 3, `n` decimal of 19 digits with 5 places, not negative,
`i4` whole number of up to 4 digits, `z` status (whole number, may be negative), `t8`/`t14`/`t17` date or time as digits
(yyyyMMdd…, China time), `g` identifier of 36 characters in upper case, `v` list number (customs, year, I/E, 9 digits).
Source: customs cross-border import message specification, edition 202205, and its XSD; lengths in characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from entrepot.customs.types import DocumentKind

CEB = "http://www.chinaport.gov.cn/ceb"
DXP = "http://www.chinaport.gov.cn/dxp"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
VERSION = "1.0"
BODIES_MAX = 100  # orders, payments … in one message
LINES_MAX = 99

_NOTATION = re.compile(r"(?P<name>[A-Za-z0-9]+)(?P<optional>\??) (?P<type>[sxniztgv])(?P<size>\d*)")


@dataclass(frozen=True, slots=True)
class Field:
    """One element. `type` is the letter of the notation, `size` its number (0 where it has none)."""

    name: str
    type: str
    size: int
    optional: bool


@dataclass(frozen=True, slots=True)
class Entity:
    """One element with children in a fixed order."""

    name: str
    fields: tuple[Field, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields)


def _entity(name: str, *parts: str) -> Entity:
    fields = []
    for text in ", ".join(parts).split(","):
        found = _NOTATION.fullmatch(" ".join(text.split()))
        if found is None:
            raise ValueError(f"{name}: {text!r} is not in the notation")
        size = int(found["size"] or 0)
        fields.append(Field(found["name"], found["type"], size, bool(found["optional"])))
    return Entity(name, tuple(fields))


_HEAD = "guid g, appType x1, appTime t14, appStatus s3"
_PLATFORM = "ebpCode s18, ebpName s100"
_MERCHANT = "ebcCode s18, ebcName s100"
_BUYER = "buyerIdType x1, buyerIdNumber s60, buyerName s60, buyerTelephone s30"
_NOTE = "note? s1000"

ORDER_HEAD = _entity(
    "OrderHead",
    _HEAD,
    "orderType x1, orderNo s60",
    _PLATFORM,
    _MERCHANT,
    "goodsValue n, freight n, discount n, taxTotal n, acturalPaid n, currency x3, buyerRegNo s60, buyerName s60",
    "buyerTelephone s30, buyerIdType x1, buyerIdNumber s60, payCode? s18, payName? s100, payTransactionId? s60",
    "batchNumbers? s100, consignee s100, consigneeTelephone s50, consigneeAddress s200, consigneeDistrict? x6",
    _NOTE,
)
ORDER_LINE = _entity(
    "OrderList",
    "gnum i4, itemNo? s30, itemName s250, gmodel s510, itemDescribe? s1000, barCode? s50, unit x3, qty n, price n",
    "totalPrice n, currency x3, country x3",
    _NOTE,
)
PAYMENT_HEAD = _entity(
    "PaymentHead",
    _HEAD,
    "payCode s18, payName s100, payTransactionId s60, orderNo s60",
    _PLATFORM,
    "payerIdType x1, payerIdNumber s60, payerName s60, telephone? s30, amountPaid n, currency x3, payTime t14",
    _NOTE,
)
WAYBILL_HEAD = _entity(
    "LogisticsHead",
    _HEAD,
    "logisticsCode s18, logisticsName s100, logisticsNo s60, billNo? s37, orderNo s60, freight? n, insuredFee? n",
    "currency x3, weight n, packNo i9, goodsInfo? s200, consignee s100, consigneeAddress s200, consigneeTelephone s50",
    _NOTE,
)
LIST_HEAD = _entity(
    "InventoryHead",
    _HEAD,
    "orderNo s60",
    _PLATFORM,
    _MERCHANT,
    "logisticsNo s60, logisticsCode s18, logisticsName s100, copNo? s20, preNo? s18, assureCode s30, emsNo? s30",
    "invtNo? v, ieFlag x1, declTime t8, customsCode x4, portCode x4, ieDate? t8",
    _BUYER,
    "consigneeAddress s200, agentCode s18, agentName s100, areaCode? s18, areaName? s100, tradeMode x4, trafMode x1",
    "trafNo? s100, voyageNo? s32, billNo? s37, loctNo? s10, licenseNo? s19, country x3, freight n, insuredFee n",
    "currency x3, wrapType? s1, packNo i9, grossWeight n, netWeight n",
    _NOTE,
)
LIST_LINE = _entity(
    "InventoryList",
    "gnum i4, itemRecordNo? s30, itemNo? s20, itemName? s250, gcode x10, gname s250, gmodel s510, barCode? s50",
    "country x3, tradeCountry? x3, currency x3, qty n, unit x3, qty1 n, unit1 x3, qty2? n, unit2? x3, price n",
    "totalPrice n",
    _NOTE,
)
CANCEL_BODY = _entity(
    "InvtCancel",
    _HEAD,
    "customsCode x4, orderNo s60",
    _PLATFORM,
    _MERCHANT,
    "logisticsNo s60, logisticsCode s18, logisticsName s100, copNo? s20, preNo? s18, invtNo v",
    _BUYER,
    "agentCode s18, agentName s100, reason s1000",
    _NOTE,
)
TRANSFER = _entity("BaseTransfer", "copCode s18, copName s100, dxpMode x3, dxpId s30", _NOTE)
SUBSCRIBE = _entity("BaseSubscribe", "status s100, dxpMode x3, dxpAddress s100", _NOTE)

_ANSWER = "returnStatus z, returnTime t17, returnInfo? s1000"
_LIST_KEYS = "guid s36, customsCode? x4, ebpCode? s18, ebcCode? s18, agentCode? s18, copNo? s20, preNo? s18, invtNo? v"
ORDER_RETURN = _entity("OrderReturn", "guid s36, ebpCode? s18, ebcCode? s18, orderNo s60", _ANSWER)
PAYMENT_RETURN = _entity("PaymentReturn", "guid s36, payCode? s18, payTransactionId s60", _ANSWER)
WAYBILL_RETURN = _entity("LogisticsReturn", "guid s36, logisticsCode? s18, logisticsNo s60", _ANSWER)
LIST_RETURN = _entity("InventoryReturn", _LIST_KEYS, _ANSWER)
CANCEL_RETURN = _entity("InvtCancelReturn", _LIST_KEYS, _ANSWER)
FORMAT_RETURN = _entity(
    "MessageReturn",
    "guid s36, returnStatus z, returnInfo? s1000, returnTime t17, oriCopMsgId s36, oriMessageType s30",
    "oriBizMessage? s1000",
)


@dataclass(frozen=True, slots=True)
class Message:
    """A request. `body` wraps `head` and `line`; where it is empty the head itself is the body (623).

    `number` is the element that names the business object, `company` the one whose numbers it is unique among.
    """

    kind: DocumentKind
    root: str
    body: str
    head: Entity
    line: Entity | None
    number: str
    company: str
    signed: bool  # the specification asks for a signature; we sign all

    @property
    def bearer(self) -> str:
        """The name of the repeated element below the root."""
        return self.body or self.head.name


MESSAGES: Mapping[DocumentKind, Message] = {
    message.kind: message
    for message in (
        Message(DocumentKind.ORDER, "CEB311Message", "Order", ORDER_HEAD, ORDER_LINE, "orderNo", "ebpCode", False),
        Message(
            DocumentKind.PAYMENT, "CEB411Message", "Payment", PAYMENT_HEAD, None, "payTransactionId", "payCode", False
        ),
        Message(
            DocumentKind.WAYBILL,
            "CEB511Message",
            "Logistics",
            WAYBILL_HEAD,
            None,
            "logisticsNo",
            "logisticsCode",
            False,
        ),
        Message(DocumentKind.LIST, "CEB621Message", "Inventory", LIST_HEAD, LIST_LINE, "copNo", "agentCode", True),
        Message(DocumentKind.CANCEL, "CEB623Message", "", CANCEL_BODY, None, "copNo", "agentCode", True),
    )
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A receipt. `kind` is what it answers, None for 900: that names the kind itself. `number` as in Message."""

    root: str
    kind: DocumentKind | None
    body: Entity
    number: str


ANSWERS: Mapping[str, Answer] = {
    answer.root: answer
    for answer in (
        Answer("CEB312Message", DocumentKind.ORDER, ORDER_RETURN, "orderNo"),
        Answer("CEB412Message", DocumentKind.PAYMENT, PAYMENT_RETURN, "payTransactionId"),
        Answer("CEB512Message", DocumentKind.WAYBILL, WAYBILL_RETURN, "logisticsNo"),
        Answer("CEB622Message", DocumentKind.LIST, LIST_RETURN, "copNo"),
        Answer("CEB624Message", DocumentKind.CANCEL, CANCEL_RETURN, "copNo"),
        Answer("CEB900Message", None, FORMAT_RETURN, ""),
    )
}
