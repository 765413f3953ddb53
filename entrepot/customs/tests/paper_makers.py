"""Facts and documents without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from entrepot.customs.ceb import message, signing, sm2
from entrepot.customs.ceb.signing import Identity
from entrepot.customs.rules import match, papers
from entrepot.customs.rules.papers import Facts, Parties, Party, Served
from entrepot.customs.types import DocumentKind
from entrepot.identity.types import RealName
from entrepot.kit.ids import new_id
from entrepot.orders.tests.makers import CONSIGNEE, line
from entrepot.orders.types import OrderParcel, ParcelState
from entrepot.payments.types import Payment, PaymentState, Split
from entrepot.shipping.types import Waybill, WaybillState
from entrepot.stock.types import Warehouse, WarehouseKind

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PARTIES = Parties(
    platform=Party("3301960SBP", "考拉小巷跨境电商平台"),
    merchant=Party("3301960SBM", "沙盒国际贸易有限公司"),
    agent=Party("3301980SBA", "沙盒报关有限公司"),
    assure_code="3301960SBG",
    dxp_id="DXPENT0000SANDBOX",
    receiver="DXPEDCCEB0000002",
)
TRANSFER = {"copCode": "3301980SBA", "copName": "沙盒报关有限公司", "dxpMode": "DXP", "dxpId": "DXPENT0000SANDBOX"}
ID_NUMBER = "11010519491231002X"
_APPLIED = {  # what a withdrawal and a return say of their list
    "customsCode": "3105", "orderNo": "KL1-1", "ebpCode": "3301960SBP", "ebpName": "考拉小巷", "ebcCode": "3301960SBM",
    "ebcName": "沙盒国际贸易", "logisticsNo": "SX1", "logisticsCode": "4403160SBX", "logisticsName": "沙盒速递",
    "copNo": "KL11", "preNo": "B20261121310500001", "invtNo": "31052026I000000001", "buyerIdType": "1",
    "buyerIdNumber": ID_NUMBER, "buyerName": "张小明", "buyerTelephone": "13800005678", "agentCode": "3301980SBA",
    "agentName": "沙盒报关", "reason": "买家不要了",
}  # fmt: skip
OTHERS = {
    DocumentKind.SIGNED_FOR: papers.Paper(
        {"logisticsCode": "4403160SBX", "logisticsName": "沙盒速递", "logisticsNo": "SX1", "logisticsStatus": "S",
         "logisticsTime": NOW}
    ),
    DocumentKind.CANCEL: papers.Paper(_APPLIED),
    DocumentKind.RETURN: papers.Paper(
        _APPLIED,
        ({"gnum": 2, "gcode": "1901101000", "gname": "婴儿奶粉", "qty": Decimal(1), "unit": "122"},),
    ),
    DocumentKind.INBOUND: papers.Paper(
        {"customsCode": "3105", "copNo": "IN1", "operatorCode": "3301960SBO", "operatorName": "沙盒监管场所",
         "ieFlag": "I", "trafMode": "5", "trafNo": "SX123", "voyageNo": "0042", "billNo": "999-12345678",
         "logisticsCode": "4403160SBX", "logisticsName": "沙盒速递", "unloadLocation": "A1"},
        ({"gnum": 1, "logisticsNo": "SX1"}, {"gnum": 2, "logisticsNo": "SX2"}),
    ),
}  # fmt: skip


def facts(lines: int = 2, mode: str = "1210", **line_changes: Any) -> Facts:
    """A paid, booked parcel of `lines` with two tins at 100.00 each, freight 10.00 on the first line."""
    bonded = mode != "9610"
    order_id, parcel_id, buyer_id = new_id(), new_id(), new_id()
    goods = tuple(line(parcel_id, n, freight_minor=1_000 if n == 1 else 0, **line_changes) for n in range(1, lines + 1))
    number = "KL2611210123456789-1"
    parcel = OrderParcel(
        id=parcel_id, order_id=order_id, buyer_id=buyer_id, number=number, warehouse_id=new_id(), trade_mode=mode,
        state=ParcelState.PAID, goods_minor=sum(one.goods_minor for one in goods),
        discount_minor=sum(one.discount_minor for one in goods), freight_minor=sum(one.freight_minor for one in goods),
        tax_minor=sum(one.tax_minor for one in goods), asked={}, lines=goods,
    )  # fmt: skip
    return Facts(
        buyer_id=buyer_id,
        parcel=parcel,
        currency="CNY",
        consignee=CONSIGNEE,
        carried_to=CONSIGNEE,
        payment=_payment(buyer_id, order_id, parcel),
        split=Split(parcel_id, number, parcel.total_minor, "4320261121000001"),
        waybill=_waybill(buyer_id, order_id, parcel, bonded),
        real_name=RealName(new_id(), buyer_id, "张小明", ID_NUMBER, b"h" * 32, "+8613800005678", True),
        warehouse=_warehouse(parcel.warehouse_id, mode, bonded),
        lots={one.sku_id: [Served("L1", "REC-1")] for one in goods} if bonded else {},
    )


def _payment(buyer_id: UUID, order_id: UUID, parcel: OrderParcel) -> Payment:
    return Payment(
        id=new_id(), buyer_id=buyer_id, order_id=order_id, order_number=parcel.number[:-2], provider="sandbox",
        state=PaymentState.CAPTURED, currency="CNY", amount_minor=parcel.total_minor, refunded_minor=0,
        provider_payment="42", payment_company_code="4403169SBX", payment_company_name="沙盒支付有限公司",
        payer_is_buyer=True, verifying_department="2", verifying_transaction="NU1", captured_at=NOW, splits=(),
    )  # fmt: skip


def _waybill(buyer_id: UUID, order_id: UUID, parcel: OrderParcel, bonded: bool) -> Waybill:
    air = ("5", "SX123", "0042", "999-12345678")
    mode, vessel, voyage, bill = ("7", "", "", "") if bonded else air
    return Waybill(
        id=new_id(), buyer_id=buyer_id, order_id=order_id, parcel_id=parcel.id, number="SX00000000001CN",
        carrier="sandbox", carrier_code="4403160SBX", carrier_name="沙盒国际速递有限公司", state=WaybillState.BOOKED,
        freight_minor=1_000, insurance_minor=0, weight_g=sum(one.gross_weight_g for one in parcel.lines),
        transport_mode=mode, vessel=vessel, voyage=voyage, bill=bill, scans=(),
    )  # fmt: skip


def _warehouse(warehouse_id: UUID, mode: str, bonded: bool) -> Warehouse:
    return Warehouse(
        id=warehouse_id, code="NGB1", names={}, kind=WarehouseKind.BONDED if bonded else WarehouseKind.OVERSEAS,
        country="CN" if bonded else "AU", city={}, trade_mode=mode, customs_code="3105", port_code="3105",
        area_code="331566K005" if bonded else "", area_name="宁波保税区" if bonded else "",
        account_book="T3105W000123" if bonded else "", days_min=2, days_max=5,
    )  # fmt: skip


def written(kind: DocumentKind, paper: papers.Paper, id_: UUID, now: datetime = NOW, app_type: str = "1") -> Any:
    """The unsigned message of one document with this content."""
    whole = papers.headed(paper, id_=id_, app_type=app_type, now=now)
    content = message.write(kind, id_=id_, bodies=[message.Body(whole.head, whole.lines)], transfer=TRANSFER)
    return etree.fromstring(content)


def built(kind: DocumentKind, of: Facts | None = None, now: datetime = NOW) -> Any:
    """The unsigned message of one document, of those that facts make and of the others."""
    if kind in OTHERS:
        return written(kind, OTHERS[kind], new_id(), now)
    paper = papers.compose(of or facts(), PARTIES, now)[kind]
    head = {**paper.head, "copNo": "KL26112101234567891"} if kind is DocumentKind.LIST else paper.head
    return written(kind, papers.Paper(head, paper.lines), new_id(), now)


def sign(root: etree._Element, who: Identity | None = None) -> None:
    """Add the signature to a tree whose root declares ceb and xsi."""
    root.append(etree.fromstring(signing.signature(signing.canonical(root), who or identity())))


def travelling(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def four(of: Facts | None = None) -> match.Papers:
    """The texts of all four documents, read back from their bytes."""
    of = of or facts()
    read = {kind: message.read(travelling(built(kind, of))) for kind in DocumentKind if kind not in OTHERS}
    order, listed = read[DocumentKind.ORDER], read[DocumentKind.LIST]
    return match.Papers(
        order=order.head,
        order_lines=order.lines,
        payment=read[DocumentKind.PAYMENT].head,
        waybill=read[DocumentKind.WAYBILL].head,
        listed=listed.head,
        listed_lines=listed.lines,
    )


def changed(of: match.Papers, paper: str, name: str, text: str, row: int | None = None) -> match.Papers:
    """The papers with one element changed (in line `row` of its lines)."""
    if row is None:
        return replace(of, **{paper: {**getattr(of, paper), name: text}})
    lines = list(getattr(of, paper))
    lines[row] = {**lines[row], name: text}
    return replace(of, **{paper: lines})


@cache
def identity(name: str = "us") -> Identity:
    """A key with its certificate, made once a run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(7).not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return Identity(key, certificate)


# A key pair of the tests only, with the certificate that signs itself; made once by another program.
SM2_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgRdNhccQtJZzPlOm5
YZYw6WqbYryqP6lSIj1XYGXbBR+hRANCAASQDfTBJJKyTZreYPadQebKbNk1qiu6
YZWT57noPZESZsqbLIXq+EedEawRb+gqWpDcbLRGQtWjwMeltbh8YRu+
-----END PRIVATE KEY-----
"""
SM2_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUZkUVsQC/TxhGlI6TKdeL05gVxcgwCgYIKoEcz1UBg3Uw
HzEdMBsGA1UEAwwURW50cmVwb3QgdGVzdCBzaWduZXIwIBcNMjYxMTI4MTU1MzQ0
WhgPMjEyNjExMDQxNTUzNDRaMB8xHTAbBgNVBAMMFEVudHJlcG90IHRlc3Qgc2ln
bmVyMFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEkA30wSSSsk2a3mD2nUHmymzZ
NaorumGVk+e56D2REmbKmyyF6vhHnRGsEW/oKlqQ3Gy0RkLVo8DHpbW4fGEbvqNT
MFEwHQYDVR0OBBYEFM/qJq0OOVznjKFCiq/YIw4Q68h7MB8GA1UdIwQYMBaAFM/q
Jq0OOVznjKFCiq/YIw4Q68h7MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoEcz1UBg3UD
SQAwRgIhAKGrQo+QI3VbN0DhxYCQJYLHg+7iXBnLo3Ky6GOzHVWFAiEA3M2dFrTm
RkJCf3hMQTTPz31GxC/sgNEhSZNCVYsxksk=
-----END CERTIFICATE-----
"""


def sm2_identity(scheme: signing.Scheme = signing.SM2_SIGNERS) -> Identity:
    certificate = x509.load_pem_x509_certificate(SM2_CERTIFICATE.encode())
    return Identity(sm2.load_private_key(SM2_KEY.encode(), sm2.public_key_of(certificate)), certificate, scheme)
