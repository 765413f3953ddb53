"""Alipay+ (Antom) over HTTP: `customs/declare` and `customs/inquiryDeclarationRequests` of its API v1.

Every message carries `signature: algorithm=RSA256, keyVersion=…, signature=…` over method, path, client, time and body;
an answer without a right one says nothing. The same request id is answered the same: a repeated declaration is none.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from entrepot.kit import outside
from entrepot.payments.declarers.port import UNKNOWN_SHARE, Declared, Known, Refused, Request
from entrepot.payments.providers.port import Said
from entrepot.payments.types import PayerCheck, ShareState

answer_bytes_max = 256 * 1024
DECLARE = "/ams/api/v1/customs/declare"
INQUIRE = "/ams/api/v1/customs/inquiryDeclarationRequests"
KEY_VERSION = "1"
_NOT_FINAL = {"PROCESS_FAIL", "SYSTEM_ERROR", "UNKNOWN_EXCEPTION", "REQUEST_TRAFFIC_EXCEED_LIMIT"}
_IDENTITY = {"CHECK_PASSED": PayerCheck.SAME, "CHECK_NOT_PASSED": PayerCheck.DIFFERENT}
_CLEARING = {"CUP": "1", "NUCC": "2", "OTHER": "3"}
# Which words the record's status takes is not published with certainty: one that is not here is still on its way.
_STATES = {
    "SUCCESS": ShareState.DONE,
    "FAIL": ShareState.FAILED,
    "FAILED": ShareState.FAILED,
}


@dataclass(frozen=True, slots=True)
class Keys:
    """Ours to sign with, the provider's to check with."""

    ours: RSAPrivateKey
    theirs: RSAPublicKey


def read_keys(ours: str, theirs: str) -> Keys:
    """From two PEM files. Raises OSError, ValueError, TypeError."""
    private = load_pem_private_key(Path(ours).read_bytes(), None)
    public = load_pem_public_key(Path(theirs).read_bytes())
    if not isinstance(private, RSAPrivateKey) or not isinstance(public, RSAPublicKey):
        raise ValueError("the key is not RSA")
    return Keys(private, public)


@dataclass(frozen=True, slots=True)
class AlipayDeclarer:
    url: str
    client_id: str
    keys: Keys
    timeout_s: float

    def declare(self, request: Request, now: datetime) -> tuple[Said, Declared | Refused | None]:
        code, name = request.merchant
        payer, id_number = request.payer
        wish: dict[str, Any] = {
            "declarationRequestId": request.request_id,
            "paymentId": request.provider_payment,
            "declarationAmount": {"currency": "CNY", "value": str(request.amount_minor)},
            "customs": {"customsCode": request.place, "region": "CN"},
            "merchantCustomsInfo": {"merchantCustomsCode": code, "merchantCustomsName": name},
            "splitOrder": request.split,
            "buyerCertificate": {
                "certificateType": "ID_CARD",
                "certificateNo": id_number,
                "holderName": {"fullName": payer},
            },
        }
        if request.split:
            wish["suborderId"] = request.number
        said, answer = self._ask(DECLARE, wish, now)
        return said, answer if answer is None or isinstance(answer, Refused) else _read(_declared, answer)

    def query(self, known: Known, now: datetime) -> tuple[Said, Declared | Refused | None]:
        said, answer = self._ask(INQUIRE, {"declarationRequestIds": [known.request_id]}, now)
        if answer is None or isinstance(answer, Refused):
            return said, None  # that the question was refused says nothing of the share
        return said, _read(lambda content: _record(content, known.request_id), answer)

    def _ask(
        self, path: str, wish: Mapping[str, Any], now: datetime
    ) -> tuple[Said, Mapping[str, Any] | Refused | None]:
        body = json.dumps(wish, ensure_ascii=False, separators=(",", ":")).encode()
        at = str(int(now.timestamp() * 1000))
        made = self.keys.ours.sign(self._signed(path, at, body), padding.PKCS1v15(), hashes.SHA256())
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "client-id": self.client_id,
            "request-time": at,
            "signature": f"algorithm=RSA256, keyVersion={KEY_VERSION}, signature={_quoted(made)}",
        }
        try:
            reply = outside.post(self.url + path, body, headers, timeout_s=self.timeout_s, bytes_max=answer_bytes_max)
        except outside.NoReply as silence:
            return Said(body.decode(), str(silence), None), None
        said = Said(body.decode(), reply.body.decode("utf-8", "replace"), reply.status)
        if reply.status != 200 or not self._is_theirs(path, reply):
            return said, None
        return said, _content(reply.body)

    def _signed(self, path: str, at: str, body: bytes) -> bytes:
        where = urlsplit(self.url).path + path
        return f"POST {where}\n{self.client_id}.{at}.".encode() + body

    def _is_theirs(self, path: str, reply: outside.Reply) -> bool:
        """Signed with their key, for us and for this question."""
        headers = {name.lower(): value for name, value in reply.headers.items()}
        value = headers.get("signature", "").rpartition("signature=")[2]
        at = headers.get("response-time", "")
        if not value or not at or headers.get("client-id", self.client_id) != self.client_id:
            return False
        try:
            made = base64.b64decode(unquote_plus(value), validate=True)
            self.keys.theirs.verify(made, self._signed(path, at, reply.body), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def _quoted(signature: bytes) -> str:
    return quote_plus(base64.b64encode(signature).decode())


def _content(body: bytes) -> Mapping[str, Any] | Refused | None:
    """What the answer holds, or its no; None where it is not certain what was done."""
    try:
        content = json.loads(body)
        result = content["result"]
        status, code = str(result["resultStatus"]), str(result["resultCode"])
        words = str(result.get("resultMessage", ""))
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    if status == "S":
        found: Mapping[str, Any] = content
        return found
    return Refused(code[:60], words[:300]) if status == "F" and code not in _NOT_FINAL else None


def _read(read: Any, content: Mapping[str, Any]) -> Declared | Refused | None:
    try:
        found: Declared | Refused = read(content)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return found


def _text(content: Mapping[str, Any], name: str, length_max: int) -> str:
    value = content.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > length_max or not value.isprintable():
        raise ValueError(f"{name} is no text of the agreed length")
    return value


def _declared(content: Mapping[str, Any]) -> Declared:
    number = _text(content, "customsPaymentId", 60)
    if not number:
        raise ValueError("declared without a payment number")
    return Declared(
        state=ShareState.ACCEPTED,
        customs_number=number,
        customs_order=_text(content, "customsOrderId", 60),
        company_code=_text(content, "customsProviderRegistrationId", 18),
        payer_check=_IDENTITY.get(_text(content, "identityCheckResult", 40), PayerCheck.UNCHECKED),
        verifying_department=_CLEARING.get(_text(content, "clearingChannel", 40), ""),
        verifying_transaction=_text(content, "clearingTransactionId", 64),
    )


def _record(content: Mapping[str, Any], request_id: str) -> Declared | Refused:
    if request_id in (content.get("declarationRequestsNotFound") or ()):
        return Refused(UNKNOWN_SHARE)
    (record,) = [one for one in content["declarationRecords"] if one["declarationRequestId"] == request_id]
    amount = record.get("declarationAmount")
    if amount is not None and amount["currency"] != "CNY":
        raise ValueError("declared in another currency")
    when = _text(record, "customsDeclarationReturnTime", 40) or _text(record, "lastModifiedTime", 40)
    at = datetime.fromisoformat(when) if when else None
    if at is not None and at.tzinfo is None:
        raise ValueError("a time without its zone")
    return Declared(
        state=_STATES.get(_text(record, "declarationRequestStatus", 40), ShareState.ACCEPTED),
        customs_number=_text(record, "customsPaymentId", 60),
        customs_order=_text(record, "customsOrderId", 60),
        amount_minor=None if amount is None else int(amount["value"]),
        at=at,
        words=" ".join(
            text
            for text in (
                _text(record, "customsDeclarationResultCode", 60),
                _text(record, "customsDeclarationResultDesc", 1000),
            )
            if text
        )[:300],
    )
