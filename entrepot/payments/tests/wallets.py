"""Two wallet companies on a real socket, as their documents describe the customs calls. Each checks what it is sent:
signature, fields, sums; and knows a request by its name, so that saying it twice is saying it once.

`next` holds faults, one for each call: hang (no answer until released), drop, 500, unsigned, forged, garbage, other
(the answer is about somebody else), other_record (of another share), refuse:CODE. "late:" before one: it is done all
the same, only the answer is lost.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from lxml import etree

CLIENT, APP, MERCHANT, KEY = "SANDBOX_5YBX", "wx5b5a1f0c", "1900000109", "k" * 32
_OURS, _THEIRS, _STRANGE = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3))


@dataclass
class Wallets:
    """`shares` by what names one; `calls` as they came: (path, what was asked). `state` is what a query tells."""

    url: str = ""
    next: list[str] = field(default_factory=list)
    shares: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    state: str = "PROCESSING"
    identity: str = "SAME"
    order: str = ""  # another order number than was asked for
    hanging: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def asked(self, path: str) -> list[dict[str, Any]]:
        return [wish for where, wish in self.calls if where.endswith(path)]


class _Handler(BaseHTTPRequestHandler):
    wallets: Wallets
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fault = self.wallets.next.pop(0) if self.wallets.next else ""
        late, fault = fault.startswith("late:"), fault.removeprefix("late:")
        answer = _alipay if self.path.startswith("/ams/") else _wechat
        if fault in ("hang", "drop", "500") and not late:
            return self._fail(fault)
        try:
            status, content, headers = answer(self, body, fault)
        except (AssertionError, KeyError, InvalidSignature) as wrong:
            self.wallets.wrong.append(repr(wrong))
            status, content, headers = 400, repr(wrong).encode(), {}
        if fault in ("hang", "drop", "500"):
            return self._fail(fault)
        return self._send(status, content, headers)

    def _fail(self, fault: str) -> None:
        if fault == "500":
            return self._send(500, b"{}", {})
        if fault == "hang":
            self.wallets.hanging.set()
            self.wallets.released.wait(60)
        self.close_connection = True
        return None

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the screen."""


# Alipay+


def _signed(handler: _Handler, key: rsa.RSAPrivateKey, at: str, content: bytes) -> str:
    text = f"POST {handler.path}\n{CLIENT}.{at}.".encode() + content
    made = quote_plus(base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode())
    return f"algorithm=RSA256,keyVersion=1,signature={made}"


def _alipay(handler: _Handler, body: bytes, fault: str) -> tuple[int, bytes, dict[str, str]]:
    told = handler.headers
    assert told["client-id"] == CLIENT and told["Content-Type"] == "application/json; charset=UTF-8"
    parts = dict(part.strip().split("=", 1) for part in told["signature"].split(","))
    assert parts["algorithm"] == "RSA256" and parts["keyVersion"] == "1"
    text = f"POST {handler.path}\n{CLIENT}.{told['request-time']}.".encode() + body
    _OURS.public_key().verify(
        base64.b64decode(unquote_plus(parts["signature"])), text, padding.PKCS1v15(), hashes.SHA256()
    )
    wish = json.loads(body)
    handler.wallets.calls.append((handler.path, wish))
    content = _alipay_content(handler.wallets, handler.path, wish, fault)
    if fault == "garbage":
        content = b"<html>"
    at = "2026-11-28T23:00:00+08:00"
    key = _STRANGE if fault == "forged" else _THEIRS
    headers = {"client-id": "OTHER" if fault == "other" else CLIENT, "response-time": at}
    if fault != "unsigned":
        headers["signature"] = _signed(handler, key, at, content)
    return 200, content, headers


def _result(status: str, code: str, **more: Any) -> bytes:
    return json.dumps(
        {"result": {"resultStatus": status, "resultCode": code, "resultMessage": code.lower()}, **more}
    ).encode()


def _alipay_content(wallets: Wallets, path: str, wish: dict[str, Any], fault: str) -> bytes:
    if fault.startswith("refuse:"):
        code = fault.removeprefix("refuse:")
        return _result("U" if code == "UNKNOWN_EXCEPTION" else "F", code)
    if path.endswith("inquiryDeclarationRequests"):
        ids = wish["declarationRequestIds"]
        assert 0 < len(ids) <= 10
        records = [
            {
                "declarationRequestId": one,
                "customsPaymentId": wallets.shares[one]["number"],
                "customsOrderId": wallets.shares[one]["wish"].get("suborderId"),
                "declarationAmount": wallets.shares[one]["wish"]["declarationAmount"],
                "declarationRequestStatus": wallets.state,
                "lastModifiedTime": "2026-11-28T23:10:00+08:00",
                "customsDeclarationResultCode": "2",
                "customsDeclarationResultDesc": "新增申报成功",
            }
            for one in ids
            if one in wallets.shares
        ]
        lost = [one for one in ids if one not in wallets.shares]
        records = [] if fault == "other_record" else records
        return _result("S", "SUCCESS", declarationRecords=records, declarationRequestsNotFound=lost)
    name = wish["declarationRequestId"]
    assert 1 <= len(name) <= 32 and len(wish["paymentId"]) <= 64
    assert wish["declarationAmount"]["currency"] == "CNY" and int(wish["declarationAmount"]["value"]) > 0
    assert wish["customs"]["region"] == "CN" and wish["customs"]["customsCode"]
    assert wish["merchantCustomsInfo"]["merchantCustomsCode"] and wish["merchantCustomsInfo"]["merchantCustomsName"]
    assert wish["splitOrder"] is True and len(wish["suborderId"]) <= 64
    assert (
        wish["buyerCertificate"]["certificateType"] == "ID_CARD" and wish["buyerCertificate"]["holderName"]["fullName"]
    )
    share = wallets.shares.setdefault(name, {"number": f"2026112822001{len(wallets.shares):08d}", "wish": wish})
    share["wish"] = wish
    passed = {"SAME": "CHECK_PASSED", "DIFFERENT": "CHECK_NOT_PASSED"}.get(wallets.identity)
    return _result(
        "S",
        "SUCCESS",
        customsPaymentId=share["number"],
        customsOrderId=wallets.order or wish["suborderId"],
        clearingChannel="NUCC",
        clearingTransactionId="2026112893310001",
        customsProviderRegistrationId="31222699S7",
        **({"identityCheckResult": passed} if passed else {}),
    )


# WeChat Pay


def _sign(texts: dict[str, str], key: str) -> str:
    text = "&".join(f"{name}={value}" for name, value in sorted(texts.items()) if value and name != "sign")
    return hashlib.md5(f"{text}&key={key}".encode()).hexdigest().upper()


def _wechat(handler: _Handler, body: bytes, fault: str) -> tuple[int, bytes, dict[str, str]]:
    wish = {child.tag: child.text or "" for child in etree.fromstring(body)}
    assert wish["sign"] == _sign(wish, KEY) and (wish["appid"], wish["mch_id"]) == (APP, MERCHANT)
    assert "nonce_str" not in wish
    wallets = handler.wallets
    wallets.calls.append((handler.path, wish))
    texts = {"return_code": "SUCCESS", "appid": "wxother" if fault == "other" else APP, "mch_id": MERCHANT}
    if fault.startswith("refuse:"):
        words = "参数不符 11010519491231002X"
        texts |= {"result_code": "FAIL", "err_code": fault.removeprefix("refuse:"), "err_code_des": words}
    elif handler.path.endswith("query"):
        texts |= _wechat_records(wallets, wish, fault)
    else:
        texts |= _wechat_declared(wallets, handler.path, wish)
    if fault == "unsigned":
        texts = {"return_code": "FAIL", "return_msg": "签名错误"}
    else:
        texts["sign"] = _sign(texts, "x" * 32 if fault == "forged" else KEY)
    inside = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in texts.items())
    content = f"<xml>{inside}</xml>"
    if fault == "garbage":
        content = f'<!DOCTYPE xml [<!ENTITY e "x">]><xml>{inside}</xml>'
    return 200, content.encode(), {"Content-Type": "text/xml"}


def _wechat_declared(wallets: Wallets, path: str, wish: dict[str, str]) -> dict[str, str]:
    name = f"{wish['out_trade_no']} {wish['sub_order_no']} {wish['customs']}"
    assert len(wish["out_trade_no"]) <= 32 and len(wish["sub_order_no"]) <= 32 and wish["mch_customs_no"]
    if path.endswith("redeclare"):
        assert wish["sign_type"] == "MD5" and "cert_id" not in wish and name in wallets.shares
    else:
        assert wish["action_type"] == (
            "MODIFY" if name in wallets.shares and wallets.shares[name]["wish"] != wish else "ADD"
        )
        assert wish["cert_type"] == "IDCARD" and wish["cert_id"] and wish["name"] and wish["fee_type"] == "CNY"
        assert int(wish["order_fee"]) == int(wish["transport_fee"]) + int(wish["product_fee"]) > 0
        number = f"10003203062015{len(wallets.shares):010d}"
        wallets.shares.setdefault(name, {"number": number})["wish"] = wish
    return {
        "result_code": "SUCCESS",
        "err_code": "0",
        "err_code_des": "OK",
        "state": "SUBMITTED",
        "transaction_id": wish["transaction_id"],
        "out_trade_no": wish["out_trade_no"],
        "sub_order_no": wish["sub_order_no"],
        "sub_order_id": wallets.shares[name]["number"],
        "modify_time": "20261128230000",
        "cert_check_result": wallets.identity,
        "verify_department": "UNIONPAY",
        "verify_department_trade_id": "2018112288340107038204310100000",
    }


def _wechat_records(wallets: Wallets, wish: dict[str, str], fault: str) -> dict[str, str]:
    texts = {"result_code": "SUCCESS", "err_code": "0", "err_code_des": "OK"}
    found = [(n, s) for n, s in wallets.shares.items() if n.split(" ")[1:] == [wish["sub_order_no"], wish["customs"]]]
    found = [] if fault == "other_record" else found
    texts["count"] = str(len(found))
    for n, (_, share) in enumerate(found):
        texts |= {
            f"sub_order_no_{n}": share["wish"]["sub_order_no"],
            f"sub_order_id_{n}": share["number"],
            f"customs_{n}": share["wish"]["customs"],
            f"order_fee_{n}": share["wish"]["order_fee"],
            f"state_{n}": wallets.state,
            f"explanation_{n}": "2|新增申报成功",
            f"modify_time_{n}": "20261128231000",
            f"cert_check_result_{n}": wallets.identity,
        }
    return texts


@pytest.fixture
def wallets(settings: Any, tmp_path: Path) -> Iterator[Wallets]:
    """Both companies, and the settings that name them; `settings.PAYMENT_DECLARER` is for the test to choose."""
    made = Wallets()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"wallets": made}))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    private, public = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    private.write_bytes(_OURS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(_THEIRS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    settings.ALIPAY_URL = settings.WECHAT_URL = made.url
    settings.ALIPAY_CLIENT_ID, settings.ALIPAY_KEY_FILE = CLIENT, str(private)
    settings.ALIPAY_PUBLIC_KEY_FILE = str(public)
    settings.WECHAT_APP_ID, settings.WECHAT_MERCHANT_ID, settings.WECHAT_KEY = APP, MERCHANT, KEY
    settings.PAYMENT_PLACES = {"2991": "ZHENGZHOU_BS", "*": "ZONGSHU"}
    settings.OUTSIDE_TIMEOUT_S = 60.0  # a test that lets it hang waits less, for that call only
    yield made
    made.released.set()
    server.shutdown()
    server.server_close()
    assert made.wrong == []
