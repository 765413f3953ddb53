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
RECEIVERS_MAX = 5  # of one envelope

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
    """One element with children in a fixed order; `names` are theirs."""

    name: str
    fields: tuple[Field, ...]
    names: frozenset[str]


def _entity(name: str, *parts: str) -> Entity:
    fields = []
    for text in ", ".join(parts).split(","):
        found = _NOTATION.fullmatch(" ".join(text.split()))
        if found is None:
            raise ValueError(f"{name}: {text!r} is not in the notation")
        size = int(found["size"] or 0)
        fields.append(Field(found["name"], found["type"], size, bool(found["optional"])))
    return Entity(name, tuple(fields), frozenset(field.name for field in fields))


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
SIGNED_FOR_BODY = _entity(
    "LogisticsStatus",
    _HEAD,
    "logisticsCode s18, logisticsName s100, logisticsNo s60, logisticsStatus x1, logisticsTime t14",
    _NOTE,
)
_APPLICATION = (  # of a withdrawal and of a return: about which list, why
    _HEAD,
    "customsCode x4, orderNo s60",
    _PLATFORM,
    _MERCHANT,
    "logisticsNo s60, logisticsCode s18, logisticsName s100, copNo? s20, preNo? s18, invtNo v",
    _BUYER,
    "agentCode s18, agentName s100, reason s1000",
    _NOTE,
)
CANCEL_BODY = _entity("InvtCancel", *_APPLICATION)
RETURN_HEAD = _entity("InvtRefundHead", *_APPLICATION)
RETURN_LINE = _entity("InvtRefundList", "gnum i4, gcode x10, gname s250, qty n, unit x3", _NOTE)
# Unconfirmed: the lengths of rkdNo and unloadLocation, and how many waybills one delivery may have. The first are wide
# on purpose, the last is the 99 of all other documents.
INBOUND_HEAD = _entity(
    "DeliveryHead",
    _HEAD,
    "customsCode x4, copNo? s20, preNo? s18, rkdNo? s60, operatorCode s18, operatorName s100, ieFlag x1, trafMode x1",
    "trafNo s100, voyageNo s32, billNo s37, logisticsCode s18, logisticsName s100, unloadLocation? s100",
    _NOTE,
)
INBOUND_LINE = _entity("DeliveryList", "gnum i4, logisticsNo s60", _NOTE)
TRANSFER = _entity("BaseTransfer", "copCode s18, copName s100, dxpMode x3, dxpId s30", _NOTE)
# The envelope's account of itself. The lengths of its addresses are wide on purpose: no edition at hand gives them.
ENVELOPE_HEAD = _entity("TransInfo", "CopMsgId s36, SenderId s60")
ENVELOPE_TAIL = _entity("TransInfo", "CreatTime s40, MsgType s60")
ENVELOPE_RECEIVER = _entity("ReceiverIds", "ReceiverId s60")
SUBSCRIBE = _entity("BaseSubscribe", "status s100, dxpMode x3, dxpAddress s100", _NOTE)

_ANSWER = "returnStatus z, returnTime t17, returnInfo? s1000"
_LIST_KEYS = "guid s36, customsCode? x4, ebpCode? s18, ebcCode? s18, agentCode? s18, copNo? s20, preNo? s18, invtNo? v"
ORDER_RETURN = _entity("OrderReturn", "guid s36, ebpCode? s18, ebcCode? s18, orderNo s60", _ANSWER)
PAYMENT_RETURN = _entity("PaymentReturn", "guid s36, payCode? s18, payTransactionId s60", _ANSWER)
WAYBILL_RETURN = _entity("LogisticsReturn", "guid s36, logisticsCode? s18, logisticsNo s60", _ANSWER)
LIST_RETURN = _entity("InventoryReturn", _LIST_KEYS, _ANSWER)
CANCEL_RETURN = _entity("InvtCancelReturn", _LIST_KEYS, _ANSWER)
RETURN_RETURN = _entity("InvtRefundReturn", _LIST_KEYS, _ANSWER)
SIGNED_FOR_RETURN = _entity(
    "LogisticsStatusReturn", "guid s36, logisticsCode? s18, logisticsNo s60, logisticsStatus? x1", _ANSWER
)
INBOUND_RETURN = _entity(
    "DeliveryReturn", "guid s36, customsCode? x4, operatorCode? s18, copNo? s20, preNo? s18, rkdNo? s60", _ANSWER
)
FORMAT_RETURN = _entity(
    "MessageReturn",
    "guid s36, returnStatus z, returnInfo? s1000, returnTime t17, oriCopMsgId s36, oriMessageType s30",
    "oriBizMessage? s1000",
)
# Tax bills (816) and what becomes of them (818): no sample of either is published, so what is not the bill itself is
# optional, and every port's additions are passed over.
TAX_HEAD = _entity(
    "TaxHeadRd",
    "guid s36, returnTime t17, invtNo v, taxNo s50, customsTax n, valueAddedTax n, consumptionTax n, status x1",
    "entDutyNo? s60, note? s1000, assureCode? s30, ebcCode? s18, logisticsCode? s18, agentCode? s18, customsCode? x4",
)
TAX_LINE = _entity("TaxListRd", "gnum i4, gcode? x10, taxPrice? n, customsTax n, valueAddedTax n, consumptionTax n")
TAX_STATUS = _entity(
    "TaxHeadStatus", "guid s36, returnTime t17, invtNo v, taxNo s50, status x1, entDutyNo? s60, assureCode? s30"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A request. `body` wraps `head` and `line`; where it is empty the head itself is the body (513, 623).

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


_K = DocumentKind
MESSAGES: Mapping[DocumentKind, Message] = {
    message.kind: message
    for message in (
        Message(_K.ORDER, "CEB311Message", "Order", ORDER_HEAD, ORDER_LINE, "orderNo", "ebpCode", False),
        Message(_K.PAYMENT, "CEB411Message", "Payment", PAYMENT_HEAD, None, "payTransactionId", "payCode", False),
        Message(_K.WAYBILL, "CEB511Message", "Logistics", WAYBILL_HEAD, None, "logisticsNo", "logisticsCode", False),
        Message(_K.SIGNED_FOR, "CEB513Message", "", SIGNED_FOR_BODY, None, "logisticsNo", "logisticsCode", False),
        Message(_K.LIST, "CEB621Message", "Inventory", LIST_HEAD, LIST_LINE, "copNo", "agentCode", True),
        Message(_K.CANCEL, "CEB623Message", "", CANCEL_BODY, None, "copNo", "agentCode", True),
        Message(_K.RETURN, "CEB625Message", "InvtRefund", RETURN_HEAD, RETURN_LINE, "copNo", "agentCode", True),
        Message(_K.INBOUND, "CEB711Message", "Delivery", INBOUND_HEAD, INBOUND_LINE, "copNo", "operatorCode", True),
    )
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What customs says. `kind` is what it answers, None for 900, which names the kind itself, and for tax bills.
    `body`, `head`, `line` and `number` as in Message."""

    root: str
    kind: DocumentKind | None
    body: str
    head: Entity
    line: Entity | None
    number: str

    @property
    def taxes(self) -> bool:
        """It is about a tax bill, which answers no document of ours."""
        return self.number == "taxNo"


ANSWERS: Mapping[str, Answer] = {
    answer.root: answer
    for answer in (
        Answer("CEB312Message", _K.ORDER, "", ORDER_RETURN, None, "orderNo"),
        Answer("CEB412Message", _K.PAYMENT, "", PAYMENT_RETURN, None, "payTransactionId"),
        Answer("CEB512Message", _K.WAYBILL, "", WAYBILL_RETURN, None, "logisticsNo"),
        Answer("CEB514Message", _K.SIGNED_FOR, "", SIGNED_FOR_RETURN, None, "logisticsNo"),
        Answer("CEB622Message", _K.LIST, "", LIST_RETURN, None, "copNo"),
        Answer("CEB624Message", _K.CANCEL, "", CANCEL_RETURN, None, "copNo"),
        Answer("CEB626Message", _K.RETURN, "", RETURN_RETURN, None, "copNo"),
        Answer("CEB712Message", _K.INBOUND, "", INBOUND_RETURN, None, "copNo"),
        Answer("CEB816Message", None, "Tax", TAX_HEAD, TAX_LINE, "taxNo"),
        Answer("CEB818Message", None, "Tax", TAX_STATUS, None, "taxNo"),
        Answer("CEB900Message", None, "", FORMAT_RETURN, None, ""),
    )
}
