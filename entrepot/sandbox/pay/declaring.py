"""The wallet company before customs: merchants ask it to declare a payment, it sends the payment document (CEB411) to
the customs port next door under its own name, and says what became of it.

POST /v1/customs/declarations {request_id, mode, payment_request_id, number, amount_minor, place, merchant, payer} and
/v1/customs/declarations/query {request_id}: signed like everything else. The same request_id is the same declaration;
another content is refused unless `mode` is changed, and `again` sends it once more.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from entrepot.sandbox.pay import store, wishes
from entrepot.sandbox.wire import Message, Refused

DXP_ID = "DXPPAYSANDBOX0001"
CEB, DXP = "http://www.chinaport.gov.cn/ceb", "http://www.chinaport.gov.cn/dxp"
SCHEMA = """
CREATE TABLE IF NOT EXISTS declared (
    request_id TEXT PRIMARY KEY, payment_request_id TEXT NOT NULL REFERENCES payment, number TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, place TEXT NOT NULL, fingerprint TEXT NOT NULL, customs_number TEXT NOT NULL,
    guid TEXT NOT NULL, xml BLOB NOT NULL, state TEXT NOT NULL DEFAULT 'accepted', words TEXT NOT NULL DEFAULT '',
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS declared_number ON declared (customs_number);
"""
_RETURNED = re.compile(rb"<(?:\w+:)?PaymentReturn>(.*?)</(?:\w+:)?PaymentReturn>", re.S)


def declare(db: sqlite3.Connection, wish: Mapping[str, Any], now: float) -> tuple[dict[str, Any], bool]:
    """(the declaration as it is told, whether the payment document is to be sent)."""
    request_id, mode = wishes.text(wish, "request_id", 32), wishes.text(wish, "mode", 10)
    payment = store.payment_of(db, wishes.text(wish, "payment_request_id"))
    if payment is None:
        raise Refused(409, "payment_not_exist", "no payment has this payment_request_id")
    share = _share(payment, wishes.text(wish, "number", 60), wishes.amount(wish, "amount_minor"))
    names = ("number", "amount_minor", "place", "merchant", "payer")
    content = json.dumps([wish.get(name) for name in names], sort_keys=True)
    fingerprint = hashlib.sha256(content.encode()).hexdigest()
    row = db.execute("SELECT * FROM declared WHERE request_id = ?", (request_id,)).fetchone()
    if row is not None and row["fingerprint"] != fingerprint and mode != "changed":
        raise Refused(409, "request_reused", "this request_id was used for another declaration")
    fresh = row is None or row["fingerprint"] != fingerprint or (mode == "again" and row["state"] == "failed")
    if fresh:
        guid = str(uuid.uuid4()).upper()
        xml = _document(payment, share, wish, guid, "1" if row is None else "2", now)
        db.execute(
            "INSERT INTO declared VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'accepted', '', ?) ON CONFLICT (request_id) DO"
            " UPDATE SET amount_minor = excluded.amount_minor, place = excluded.place, guid = excluded.guid,"
            " fingerprint = excluded.fingerprint, xml = excluded.xml, state = 'accepted', words = '', at = excluded.at",
            (
                request_id, payment["request_id"], share["number"], wish["amount_minor"],
                wishes.text(wish, "place", 40), fingerprint, share["transaction"], guid, xml, now,
            ),
        )  # fmt: skip
    return view(db, request_id), fresh


def view(db: sqlite3.Connection, request_id: str) -> dict[str, Any]:
    row = db.execute("SELECT * FROM declared WHERE request_id = ?", (request_id,)).fetchone()
    if row is None:
        raise Refused(409, "unknown_declaration", "no declaration has this request_id")
    payment = store.payment_of(db, row["payment_request_id"])
    assert payment is not None
    return {
        "request_id": request_id,
        "state": row["state"],
        "customs_number": row["customs_number"],
        "customs_order": row["number"],
        "amount_minor": row["amount_minor"],
        "company_code": store.COMPANY["code"],
        "payer_check": payment["payer_check"],
        "verifying_department": store.VERIFYING_DEPARTMENT,
        "verifying_transaction": payment["verifying_transaction"],
        "at": store.moment(row["at"]),
        "words": row["words"],
    }


def _share(payment: sqlite3.Row, number: str, amount_minor: int) -> Mapping[str, Any]:
    if payment["state"] != "captured":
        raise Refused(409, "not_captured", "nothing was paid yet")
    share = next((part for part in json.loads(payment["splits"]) if part["number"] == number), None)
    if share is None:
        raise Refused(409, "unknown_number", "the payment has no share of this number")
    if amount_minor > share["amount_minor"]:
        raise Refused(409, "more_than_paid", "more than the share")
    found: Mapping[str, Any] = share
    return found


def _document(
    payment: sqlite3.Row, share: Mapping[str, Any], wish: Mapping[str, Any], guid: str, kind: str, now: float
) -> bytes:
    merchant, payer = wish.get("merchant") or {}, wish.get("payer") or {}
    head = {
        "guid": guid,
        "appType": kind,
        "appTime": _time(now),
        "appStatus": "2",
        "payCode": store.COMPANY["code"],
        "payName": store.COMPANY["name"],
        "payTransactionId": share["transaction"],
        "orderNo": share["number"],
        "ebpCode": wishes.text(merchant, "code", 18),
        "ebpName": wishes.text(merchant, "name", 100),
        "payerIdType": "1",
        "payerIdNumber": wishes.text(payer, "id_number", 60),
        "payerName": wishes.text(payer, "name", 60),
        "amountPaid": f"{Decimal(wish['amount_minor']) / 100:f}",
        "currency": "142",
        "payTime": _time(payment["captured_at"]),
    }
    transfer = {"copCode": head["payCode"], "copName": head["payName"], "dxpMode": "DXP", "dxpId": DXP_ID}
    root = etree.Element(f"{{{CEB}}}CEB411Message", nsmap={"ceb": CEB}, guid=guid, version="1.0")
    bearer = etree.SubElement(etree.SubElement(root, f"{{{CEB}}}Payment"), f"{{{CEB}}}PaymentHead")
    for parent, texts in ((bearer, head), (etree.SubElement(root, f"{{{CEB}}}BaseTransfer"), transfer)):
        for name, text in texts.items():
            etree.SubElement(parent, f"{{{CEB}}}{name}").text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, store.CHINA).strftime("%Y%m%d%H%M%S")


# With the port next door.


def introduction(port: str, notify_url: str, state_dir: Path) -> Message:
    """Who we are, so that the port takes our documents and knows where to answer."""
    wish = {"dxp_id": DXP_ID, "certificate": _certificate(state_dir), "notify_url": notify_url}
    return Message(f"{port}/certificates", json.dumps(wish).encode(), {"Content-Type": "application/json"})


def envelope(db: sqlite3.Connection, port: str, guid: str) -> Message | None:
    """The payment document on its way to the port; nothing where a newer one has taken its place."""
    row = db.execute("SELECT * FROM declared WHERE guid = ?", (guid,)).fetchone()
    if row is None:
        return None
    data = base64.b64encode(row["xml"]).decode()
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><DxpMsg xmlns="{DXP}" ver="1.0"><TransInfo><CopMsgId>{guid}</CopMsgId>'
        f"<SenderId>{DXP_ID}</SenderId><ReceiverIds><ReceiverId>DXPEDCCEB0000002</ReceiverId></ReceiverIds>"
        f"<CreatTime>{datetime.fromtimestamp(row['at'], store.CHINA):%Y-%m-%dT%H:%M:%S}</CreatTime>"
        f"<MsgType>CEB411Message</MsgType></TransInfo><Data>{data}</Data></DxpMsg>"
    )
    return Message(f"{port}/dxp", text.encode(), {"Content-Type": "application/xml"})


def take_receipts(db: sqlite3.Connection, body: bytes, now: float) -> None:
    """What the port says of our documents, one receipt or several: taken in from 120 on, refused below zero or by 100.
    What was decided stays decided until it is declared again."""
    for found in _RETURNED.findall(body):
        told = re.findall(rb"<(?:\w+:)?(\w+)>([^<]*)<", found)
        texts = {name.decode(): text.decode("utf-8", "replace") for name, text in told}
        status = int(texts.get("returnStatus", "0"))
        state = "done" if 120 <= status < 500 else "failed" if status < 0 or status in (4, 100) else ""
        if state:
            db.execute(
                "UPDATE declared SET state = ?, words = ?, at = ? WHERE customs_number = ? AND state = 'accepted'",
                (state, f"{status} {texts.get('returnInfo', '')}"[:300], now, texts.get("payTransactionId", "")),
            )


def _certificate(state_dir: Path) -> str:
    path = state_dir / "customs-certificate.pem"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox wallet")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650)).sign(key, hashes.SHA256())
        )  # fmt: skip
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path.read_text()
