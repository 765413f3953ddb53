"""The four documents of a parcel as signed bytes, and what in them does not agree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lxml import etree

from entrepot.customs import keys
from entrepot.customs.ceb import codes, message, signing
from entrepot.customs.ceb.tables import MESSAGES
from entrepot.customs.rules import match, papers
from entrepot.customs.types import Difference, DocumentKind
from entrepot.kit.ids import new_id

NEW, CHANGE = "1", "2"
NAMES = {
    DocumentKind.ORDER: ("订单", "order"),
    DocumentKind.PAYMENT: ("支付单", "payment"),
    DocumentKind.WAYBILL: ("运单", "waybill"),
    DocumentKind.SIGNED_FOR: ("签收单", "proof of delivery"),
    DocumentKind.LIST: ("清单", "list"),
    DocumentKind.CANCEL: ("撤销申请", "withdrawal"),
    DocumentKind.RETURN: ("退货申请", "return"),
    DocumentKind.INBOUND: ("入库明细单", "inbound account"),
}


@dataclass(frozen=True, slots=True)
class Made:
    """One document, signed. `number` and `company` are what it must be alone in using."""

    id: UUID
    kind: DocumentKind
    number: str
    company: str
    xml: bytes

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.xml).digest()


def transfer() -> Mapping[str, str]:
    """Who hands a message in."""
    parties = keys.parties()
    return {
        "copCode": parties.agent.code,
        "copName": parties.agent.name,
        "dxpMode": "DXP",
        "dxpId": parties.dxp_id,
    }


def make(kind: DocumentKind, paper: papers.Paper, *, app_type: str, now: datetime, alone: bool = True) -> Made:
    """One document with a fresh guid; not `alone`: to travel in a batch, which is signed in its stead. Raises
    message.NotWellMade; refuses keys.NotSetUp."""
    id_ = new_id()
    whole = papers.headed(paper, id_=id_, app_type=app_type, now=now)
    content = message.write(kind, id_=id_, bodies=[message.Body(whole.head, whole.lines)], transfer=transfer())
    if alone:
        content = message.checked(signing.sealed(content, keys.identity()))
    else:
        message.check(etree.fromstring(signing.marked(content)))
    table = MESSAGES[kind]
    return Made(id_, kind, str(whole.head[table.number]), str(whole.head[table.company]), message.to_bytes(content))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `prepare` made: all four documents, or none where they cannot be made; and every difference."""

    made: Mapping[DocumentKind, Made]
    differences: tuple[Difference, ...]


def prepare(
    facts: papers.Facts,
    *,
    declaration_id: UUID,
    app_types: Mapping[DocumentKind, str],
    now: datetime,
    alone: bool = True,
) -> Prepared:
    """Build, sign (`alone`, as in `make`) and match the documents of a parcel. Refuses keys.NotSetUp."""
    if facts.declared is not None and (refused := match.provider_refused(facts.declared)):
        return Prepared({}, refused)
    extra = [
        *match.payer_differs(payer_is_buyer=facts.payment.payer_is_buyer, buyer_verified=facts.real_name.verified),
        *_records(facts),
    ]
    try:
        composed = papers.compose(facts, keys.parties(), now)
        listed = composed[DocumentKind.LIST]
        number = papers.cop_no(facts.parcel.number, declaration_id)
        composed[DocumentKind.LIST] = papers.Paper({**listed.head, "copNo": number}, listed.lines)
        made = {
            kind: make(kind, paper, app_type=app_types.get(kind, NEW), now=now, alone=alone)
            for kind, paper in composed.items()
        }
    except (message.NotWellMade, codes.UnknownCode) as wrong:
        return Prepared({}, (*extra, _incomplete(wrong)))
    read = read_papers({kind: one.xml for kind, one in made.items()})
    return Prepared(made, (*extra, *match.differences(read, meant=papers.alone(facts))))


def read_papers(documents: Mapping[DocumentKind, bytes]) -> match.Papers:
    """The texts of the four documents, read back from their bytes: what is checked is what customs will read."""
    order, payment, waybill, listed = (
        message.read(documents[kind])
        for kind in (DocumentKind.ORDER, DocumentKind.PAYMENT, DocumentKind.WAYBILL, DocumentKind.LIST)
    )
    return match.Papers(
        order=order.head,
        order_lines=order.lines,
        payment=payment.head,
        waybill=waybill.head,
        listed=listed.head,
        listed_lines=listed.lines,
    )


def content(xml: bytes) -> tuple[object, ...]:
    """What a document says, without identifier, kind of application and times: equal contents need no new sending."""
    read = message.read(xml)
    own = {"guid", "appType", "appTime", "declTime", "preNo", "invtNo"}
    head = tuple((name, text) for name, text in read.head.items() if name not in own)
    return head, tuple(tuple(line.items()) for line in read.lines)


def _records(facts: papers.Facts) -> list[Difference]:
    found = []
    for line in facts.parcel.lines:
        records = sorted({lot.item_record for lot in facts.lots.get(line.sku_id, ())})
        if len(records) > 1:
            found.append(match.item_records(line.number, records))
    return found


def _incomplete(wrong: message.NotWellMade | codes.UnknownCode) -> Difference:
    if isinstance(wrong, codes.UnknownCode):
        return Difference("incomplete", wrong.message("zh-hans"), wrong.message("en"), "", "")
    told = "; ".join(wrong.faults)
    return Difference(
        "incomplete", f"单证资料缺失或不合规格：{told}", f"The documents cannot be made of these facts: {told}", "", ""
    )
