"""A trader as the port meets one: writes, signs and sends the documents itself, from the specification alone."""

from __future__ import annotations

import base64
import hashlib
import itertools
import random
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from tests.sandboxed import Sandbox

SENDER = "DXPTRADER"
NOTIFY = "http://127.0.0.1:9/customs"
CEB = "http://www.chinaport.gov.cn/ceb"
DS = "http://www.w3.org/2000/09/xmldsig#"
_COUNT = itertools.count(1)
_RUN = uuid.uuid4().hex[:8].upper()
Texts = Mapping[str, str]


@cache
def key() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trader")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(made.public_key())
        .serial_number(0xC0FFEE).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .sign(made, hashes.SHA256())
    )  # fmt: skip
    return made, certificate


def certificate_pem() -> str:
    return key()[1].public_bytes(serialization.Encoding.PEM).decode()


def sign_text(text: str) -> str:
    return base64.b64encode(key()[0].sign(text.encode(), padding.PKCS1v15(), hashes.SHA1())).decode()


def _number(prefix: str) -> str:
    return f"{prefix}{_RUN}{next(_COUNT):06d}"


def _inside(values: Texts) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in values.items())


def _application(app_type: str) -> dict[str, str]:
    moment = datetime.now(UTC) + timedelta(hours=8)
    own = str(uuid.uuid4()).upper()
    return {"guid": own, "appType": app_type, "appTime": f"{moment:%Y%m%d%H%M%S}", "appStatus": "2"}


@dataclass
class Ware:
    """One line: qty units at price."""

    price: str = "100.00"
    qty: str = "2"
    gcode: str = "0402210000"
    qty1: str = "1"
    unit1: str = "035"


@dataclass
class Purchase:
    """One order of one buyer, with the numbers of all its documents."""

    wares: Sequence[Ware] = field(default_factory=lambda: (Ware(),))
    freight: str = "0"
    mode: str = "1210"
    name: str = "张小明"
    person: str = field(default_factory=lambda: f"{random.randrange(10**17):017d}X")
    order_no: str = field(default_factory=lambda: _number("T"))
    payment_no: str = field(default_factory=lambda: _number("P"))
    waybill_no: str = field(default_factory=lambda: _number("W"))
    bill_no: str = field(default_factory=lambda: _number("B"))
    invt_no: str = ""  # once customs gave it

    @property
    def goods(self) -> Decimal:
        return sum((Decimal(ware.price) * Decimal(ware.qty) for ware in self.wares), Decimal(0))

    @property
    def paid(self) -> Decimal:
        return self.goods + Decimal(self.freight)

    def head(self, kind: str) -> dict[str, str]:
        return dict(getattr(self, f"_head_{kind}")())

    def _head_311(self) -> Texts:
        return {
            "orderType": "I", "orderNo": self.order_no, **PLATFORM, **MERCHANT, "goodsValue": str(self.goods),
            "freight": self.freight, "discount": "0", "taxTotal": "0", "acturalPaid": str(self.paid),
            "currency": "142", "buyerRegNo": "R1", "buyerName": self.name, "buyerTelephone": "13800005678",
            "buyerIdType": "1", "buyerIdNumber": self.person, "payTransactionId": self.payment_no,
            "consignee": "李四", "consigneeTelephone": "13900000000", "consigneeAddress": "杭州市西湖区一号",
        }  # fmt: skip

    def _head_411(self) -> Texts:
        return {
            "payCode": "4403169SBX", "payName": "沙盒支付", "payTransactionId": self.payment_no,
            "orderNo": self.order_no, **PLATFORM, "payerIdType": "1", "payerIdNumber": self.person,
            "payerName": self.name, "amountPaid": str(self.paid), "currency": "142", "payTime": "20261121120000",
        }  # fmt: skip

    def _head_511(self) -> Texts:
        return {
            **CARRIER, "logisticsNo": self.waybill_no, "billNo": self.bill_no, "orderNo": self.order_no,
            "currency": "142", "weight": "1", "packNo": "1", "consignee": "李四",
            "consigneeAddress": "杭州市西湖区一号", "consigneeTelephone": "13900000000",
        }  # fmt: skip

    def _head_513(self) -> Texts:
        return {**CARRIER, "logisticsNo": self.waybill_no, "logisticsStatus": "S", "logisticsTime": "20261123120000"}

    def _buyer(self) -> Texts:
        return {
            "buyerIdType": "1", "buyerIdNumber": self.person, "buyerName": self.name, "buyerTelephone": "13800005678",
        }  # fmt: skip

    def _head_621(self) -> Texts:
        return {
            "orderNo": self.order_no, **PLATFORM, **MERCHANT, "logisticsNo": self.waybill_no, **CARRIER,
            "copNo": self.order_no[:20], "assureCode": "3301960SBG", "emsNo": "T3105W000123", "ieFlag": "I",
            "declTime": "20261121", "customsCode": "3105", "portCode": "3105", **self._buyer(),
            "consigneeAddress": "杭州市西湖区一号", **AGENT, "areaCode": "331566K005", "areaName": "保税区",
            "tradeMode": self.mode, "trafMode": "7", "trafNo": "SX1", "voyageNo": "42", "billNo": self.bill_no,
            "country": "142", "freight": self.freight, "insuredFee": "0", "currency": "142", "packNo": "1",
            "grossWeight": "2", "netWeight": "1",
        }  # fmt: skip

    def _head_623(self) -> Texts:
        return {
            "customsCode": "3105", "orderNo": self.order_no, **PLATFORM, **MERCHANT, "logisticsNo": self.waybill_no,
            **CARRIER, "copNo": self.order_no[:20], "invtNo": self.invt_no, **self._buyer(), **AGENT,
            "reason": "买家取消",
        }  # fmt: skip

    _head_625 = _head_623

    def _head_711(self) -> Texts:
        return {
            "customsCode": "3105", "copNo": self.order_no[:20], "operatorCode": "3105980SBO",
            "operatorName": "监管场所",
            "ieFlag": "I", "trafMode": "5", "trafNo": "SX1", "voyageNo": "42", "billNo": self.bill_no, **CARRIER,
        }  # fmt: skip

    def lines(self, kind: str) -> list[Texts]:
        if kind == "711":
            return [{"gnum": "1", "logisticsNo": self.waybill_no}]
        return [dict(getattr(self, f"_line_{kind}")(str(n), ware)) for n, ware in enumerate(self.wares, 1)]

    def _line_311(self, gnum: str, ware: Ware) -> Texts:
        return {
            "gnum": gnum, "itemName": "奶粉", "gmodel": "无", "unit": "011", "qty": ware.qty, "price": ware.price,
            "totalPrice": str(Decimal(ware.price) * Decimal(ware.qty)), "currency": "142", "country": "609",
        }  # fmt: skip

    def _line_621(self, gnum: str, ware: Ware) -> Texts:
        return {
            "gnum": gnum, "itemRecordNo": "REC1", "gcode": ware.gcode, "gname": "奶粉", "gmodel": "无",
            "country": "609", "currency": "142", "qty": ware.qty, "unit": "011", "qty1": ware.qty1,
            "unit1": ware.unit1, "price": ware.price, "totalPrice": str(Decimal(ware.price) * Decimal(ware.qty)),
        }  # fmt: skip

    def _line_625(self, gnum: str, ware: Ware) -> Texts:
        return {"gnum": gnum, "gcode": ware.gcode, "gname": "奶粉", "qty": ware.qty, "unit": "011"}


PLATFORM = {"ebpCode": "3301960SBP", "ebpName": "平台"}
MERCHANT = {"ebcCode": "3301960SBM", "ebcName": "商家"}
AGENT = {"agentCode": "3301980SBA", "agentName": "报关行"}
CARRIER = {"logisticsCode": "4403160SBX", "logisticsName": "速递"}
_SHAPES = {
    "311": ("Order", "OrderHead", "OrderList"), "411": ("Payment", "PaymentHead", ""),
    "511": ("Logistics", "LogisticsHead", ""), "513": ("LogisticsStatus", "", ""),
    "621": ("Inventory", "InventoryHead", "InventoryList"), "623": ("InvtCancel", "", ""),
    "625": ("InvtRefund", "InvtRefundHead", "InvtRefundList"), "711": ("Delivery", "DeliveryHead", "DeliveryList"),
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One receipt: its message (CEB622Message …) and all its texts; a bill's lines beside."""

    message: str
    texts: Texts
    lines: Sequence[Texts]

    @property
    def status(self) -> int:
        return int(self.texts.get("returnStatus", self.texts.get("status", "0")))


class Trader:
    """`port` is the sandbox; receipts are collected, not sent, unless a test says otherwise."""

    def __init__(self, port: Sandbox, notify: str = NOTIFY) -> None:
        self.port = port
        wish = {"dxp_id": SENDER, "certificate": certificate_pem(), "notify_url": notify}
        answer = port.http.post("/customs/certificates", json=wish)
        self.certificate = x509.load_pem_x509_certificate(answer.json()["certificate"].encode())

    def message(
        self, kind: str, head: Texts, lines: Sequence[Texts], app_type: str = "1", signed: bool | None = None
    ) -> tuple[str, bytes]:
        """(guid, message), signed where the specification asks for it."""
        guid = str(uuid.uuid4()).upper()
        body, head_name, line_name = _SHAPES[kind]
        inside = _inside({**_application(app_type), **head})
        if head_name:
            inside = f"<{head_name}>{inside}</{head_name}>"
        inside += "".join(f"<{line_name}>{_inside(line)}</{line_name}>" for line in lines if line_name)
        transfer = _inside({"copCode": "3301980SBA", "copName": "报关行", "dxpMode": "DXP", "dxpId": SENDER})
        xml = (
            f'<CEB{kind}Message xmlns="{CEB}" guid="{guid}" version="1.0"><{body}>{inside}</{body}>'
            f"<BaseTransfer>{transfer}</BaseTransfer></CEB{kind}Message>"
        ).encode()
        return guid, _signed(xml) if signed or (signed is None and kind in ("621", "623", "625", "711")) else xml

    def post(self, kind: str, guid: str, xml: bytes) -> int:
        envelope = (
            f'<DxpMsg xmlns="http://www.chinaport.gov.cn/dxp" ver="1.0"><TransInfo><CopMsgId>{guid}</CopMsgId>'
            f"<SenderId>{SENDER}</SenderId><ReceiverIds><ReceiverId>P</ReceiverId></ReceiverIds><CreatTime>2026-11-21T12:00:00"
            f"</CreatTime><MsgType>CEB{kind}Message</MsgType></TransInfo><Data>{base64.b64encode(xml).decode()}</Data>"
            "</DxpMsg>"
        )
        return self.port.http.post("/customs/dxp", content=envelope.encode()).status_code

    def send(self, kind: str, of: Purchase, *, lines: Sequence[Texts] | None = None, **changes: str | None) -> None:
        """One document; `changes` of its head (None: left out)."""
        head: dict[str, Any] = {**of.head(kind), **changes}
        wanted = of.lines(kind) if lines is None and _SHAPES[kind][2] else lines or []
        guid, xml = self.message(kind, {name: text for name, text in head.items() if text is not None}, wanted)
        assert self.post(kind, guid, xml) == 200

    def told(self) -> list[Told]:
        """What the port says, in the order in which it would leave; every one of it signed by the port."""
        bodies = [one["body"] for one in self.port.collect("customs") if one["kind"] == "receipt"]
        return [self.read(body.encode()) for body in bodies]

    def says(self, kind: str, of: Purchase, **more: Any) -> list[int]:
        """Send one document; the statuses that come back."""
        self.send(kind, of, **more)
        return [one.status for one in self.told()]

    def three(self, of: Purchase) -> Purchase:
        """Order, payment and waybill taken in."""
        for kind in ("311", "411", "511"):
            assert self.says(kind, of) == [2, 120]
        return of

    def listed(self, of: Purchase | None = None, upto: Sequence[int] = (2, 120, 800)) -> Purchase:
        """All four documents; released unless a switch says otherwise. The purchase knows its list number."""
        of = self.three(of or Purchase())
        self.send("621", of)
        told = [one for one in self.told() if one.message == "CEB622Message"]
        assert [one.status for one in told] == list(upto), [one.texts.get("returnInfo") for one in told]
        of.invt_no = told[-1].texts["invtNo"]
        return of

    def read(self, body: bytes) -> Told:
        """Check the port's signature; the texts of the receipt."""
        root = etree.fromstring(body)
        signature = root.find(f"{{{DS}}}Signature")
        assert signature is not None
        value = base64.b64decode(signature.findtext(f"{{{DS}}}SignatureValue") or "")
        root.remove(signature)
        info = _signed_info(base64.b64encode(hashlib.sha1(etree.tostring(root, method="c14n")).digest()).decode())
        public = self.certificate.public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        public.verify(value, info.encode(), padding.PKCS1v15(), hashes.SHA1())
        (entity,) = root
        parts = [_texts(part) for part in entity if len(part)]
        return Told(etree.QName(root).localname, parts[0] if parts else _texts(entity), parts[1:])

    def used(self, of: Purchase) -> str:
        """What the person has used this year, as the port's quota book says."""
        answer = self.port.http.post("/customs/people/find", json={"id_number": of.person}).json()
        (used,) = set(answer["used"].values())
        return str(used)

    def state(self, of: Purchase, kind: str = "621") -> str:
        rows = self.port.http.get("/customs/papers", params={"order_no": of.order_no}).json()
        return str([row["state"] for row in rows if row["kind"] == kind][-1])


def _texts(element: etree._Element) -> dict[str, str]:
    return {etree.QName(child).localname: child.text or "" for child in element}


def _signed_info(digest: str) -> str:
    return (
        f'<ds:SignedInfo xmlns:ceb="{CEB}" xmlns:ds="{DS}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315">'
        "</ds:CanonicalizationMethod>"
        f'<ds:SignatureMethod Algorithm="{DS}rsa-sha1"></ds:SignatureMethod><ds:Reference URI=""><ds:Transforms>'
        f'<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{DS}sha1"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>'
        "</ds:Reference></ds:SignedInfo>"
    )


def _signed(xml: bytes) -> bytes:
    digest = hashlib.sha1(etree.tostring(etree.fromstring(xml), method="c14n")).digest()
    info = _signed_info(base64.b64encode(digest).decode())
    value = sign_text(info)
    signature = f'<ds:Signature xmlns:ds="{DS}">{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>'
    return re.sub(rb"</CEB\d{3}Message>$", lambda end: signature.encode() + end[0], xml)
