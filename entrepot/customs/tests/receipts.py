"""Receipts as a port would write them, signed by a key of the tests' own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from entrepot.customs import reading
from entrepot.customs.ceb.tables import CEB, XSI
from entrepot.customs.models import Declaration, Document
from entrepot.customs.rules.standing import THREE
from entrepot.customs.tests.paper_makers import identity, sign, travelling
from entrepot.customs.types import DocumentKind
from entrepot.kit import clock, sql
from entrepot.kit.clock import CHINA
from entrepot.kit.ids import new_id

T0 = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
_SHAPES = {
    DocumentKind.ORDER: ("312", "OrderReturn", "orderNo"),
    DocumentKind.PAYMENT: ("412", "PaymentReturn", "payTransactionId"),
    DocumentKind.WAYBILL: ("512", "LogisticsReturn", "logisticsNo"),
    DocumentKind.LIST: ("622", "InventoryReturn", "copNo"),
    DocumentKind.CANCEL: ("624", "InvtCancelReturn", "copNo"),
    DocumentKind.RETURN: ("626", "InvtRefundReturn", "copNo"),
}


def receipt(kind: DocumentKind, number: str, status: int, at: datetime = T0, **more: Any) -> bytes:
    """One signed receipt. More: info, guid (of the document it answers), invt, signer."""
    message, element, key = _SHAPES[kind]
    moment = at.astimezone(CHINA)
    info = more.get("info", "") + (f"[{str(more['guid']).upper()}]" if "guid" in more else "")
    told = {"guid": str(more.get("own", new_id())).upper(), key: number, "invtNo": more.get("invt", "")}
    told |= {
        "returnStatus": str(status),
        "returnTime": f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}",
        "returnInfo": info,
    }
    inside = "".join(f"<ceb:{name}>{escape(text)}</ceb:{name}>" for name, text in told.items() if text)
    return signed(f"<ceb:{element}>{inside}</ceb:{element}>", message, more.get("signer", "port"))


def signed(inside: str, message: str, signer: str = "port") -> bytes:
    """A message of any content, signed."""
    root = etree.fromstring(
        f'<ceb:CEB{message}Message xmlns:ceb="{CEB}" xmlns:xsi="{XSI}" guid="{str(new_id()).upper()}" version="1.0">'
        f"{inside}</ceb:CEB{message}Message>"
    )
    sign(root, identity(signer))
    return travelling(root)


def delivery(bodies: Sequence[bytes]) -> tuple[bytes, dict[str, str]]:
    """Several receipts as one HTTP delivery: body and headers."""
    mark = new_id().hex
    parts = [b"--%b\r\nContent-Type: application/xml\r\n\r\n%b\r\n" % (mark.encode(), body) for body in bodies]
    whole = b"".join(parts) + b"--%b--\r\n" % mark.encode()
    return whole, {"Content-Type": f'multipart/mixed; boundary="{mark}"'}


def format_receipt(kind: DocumentKind, guid: UUID, at: datetime = T0) -> bytes:
    """A CEB900."""
    moment = at.astimezone(CHINA)
    inside = (
        f"<ceb:guid>{str(new_id()).upper()}</ceb:guid><ceb:returnStatus>-1</ceb:returnStatus>"
        f"<ceb:returnInfo>XSD</ceb:returnInfo><ceb:returnTime>{moment:%Y%m%d%H%M%S}000</ceb:returnTime>"
        f"<ceb:oriCopMsgId>{str(guid).upper()}</ceb:oriCopMsgId><ceb:oriMessageType>CEB{kind}Message</ceb:oriMessageType>"
    )
    return signed(f"<ceb:MessageReturn>{inside}</ceb:MessageReturn>", "900")


def declaration(sent: Sequence[DocumentKind] = THREE) -> Declaration:
    """A declaration with four documents, as if it had been declared."""
    made = Declaration(
        buyer_id=new_id(), order_id=new_id(), parcel_id=new_id(), order_number=f"KL{new_id().hex[-12:]}-1",
        trade_mode="1210", state="draft", differences=[], standing={}, created_at=T0, changed_at=T0, since=T0,
    )  # fmt: skip
    documents = []
    for kind in (*THREE, DocumentKind.LIST):
        one = Document(
            id=new_id(), buyer_id=made.buyer_id, declaration_id=made.id, kind=kind, version=1,
            number=f"{kind}-{made.order_number}"[:20], xml_sealed=b"", sha256=b"", made_at=T0,
        )  # fmt: skip
        documents.append(one)
        made.standing[kind.value] = {**reading.fresh(one.id), "sent": kind in sent}
    if sent == THREE:
        made.state = "matching"
    made.save(force_insert=True)
    Document.objects.bulk_create(documents)
    return made


def released_list(warehouse_id: UUID, book: str, sku_id: UUID, number: str) -> Declaration:
    """A bonded list of one unit that customs has released, on no gate pass."""
    made = declaration()
    made.state, made.warehouse_id, made.account_book, made.list_number = "released", warehouse_id, book, number
    made.since = clock.now()
    made.booked = {"gross_g": 700, "net_g": 500, "lines": [[1, str(sku_id), "1", 1]]}
    made.save()
    return made


def document(made: Declaration, kind: DocumentKind) -> Document:
    return Document.objects.filter(declaration_id=made.id, kind=kind).latest("version")


def told(parcel_id: UUID) -> list[tuple[str, dict[str, str]]]:
    """The events that customs told of a parcel, in their order: (topic, payload)."""
    rows = sql.rows(
        "SELECT topic, payload FROM outbox_event WHERE aggregate_id = %s AND topic LIKE 'customs.%%' ORDER BY id",
        (parcel_id,),
    )
    return [(row["topic"], sql.json_value(row["payload"])) for row in rows]


def topics(parcel_id: UUID) -> list[str]:
    return [topic for topic, _ in told(parcel_id)]


def minutes(n: int) -> datetime:
    return T0 + timedelta(minutes=n)


@pytest.fixture
def port_key(settings: Any, tmp_path: Any) -> None:
    """Our key, and the tests' own port as the one we trust; nothing is sent anywhere."""
    path = tmp_path / "port.pem"
    path.write_bytes(identity("port").certificate.public_bytes(Encoding.PEM))
    settings.CUSTOMS_PORT_CERTIFICATE_FILE = str(path)
