"""A key that lives in a machine of its own, asked over HTTP: how hardware keys of customs are usually reached.

    POST <ENTREPOT_CUSTOMS_SIGNER_URL>
    Authorization: Bearer <ENTREPOT_CUSTOMS_SIGNER_TOKEN>
    {"algorithm": "rsa-sha1" or "sm2-sm3", "key": certificate's serial in hexadecimal, "data": base64}
    → 200 {"signature": base64}

With ENTREPOT_CUSTOMS_SIGNER_TAKES=digest "digest" stands for "data": SHA-1 of the bytes, or for SM2 the 32 bytes that
the standard calls e (SM3 over Z and the bytes). The signature is PKCS #1 for RSA, r and s in 64 bytes for SM2. What
comes back is held against our certificate before it is believed, so that a wrong or swapped key never signs anything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from cryptography import x509
from django.conf import settings

from entrepot.customs.ceb import signing, sm2
from entrepot.kit import outside
from entrepot.kit.refusals import Refusal

ANSWER_MAX_BYTES = 64 * 1024
DATA, DIGEST = "data", "digest"


class SignerSilent(Refusal):
    code = "customs_signer_silent"
    status = 503
    zh = "签名服务暂时无法连接，将自动重试"
    en = "The signing service cannot be reached right now; it is tried again by itself"


class SignerSaysNo(Refusal):
    code = "customs_signer_says_no"
    status = 502
    zh = "签名服务未能签名（{answer}）"
    en = "The signing service did not sign ({answer})"


@dataclass(frozen=True, slots=True)
class Service:
    """Whoever holds the key of this certificate, at the address that the settings name."""

    certificate: x509.Certificate
    algorithm: str

    def sign(self, data: bytes) -> bytes:
        """Refuses SignerSilent, SignerSaysNo."""
        taken = settings.CUSTOMS_SIGNER_TAKES
        asked = self._digest(data) if taken == DIGEST else data
        wish = {
            "algorithm": self.algorithm,
            "key": f"{self.certificate.serial_number:08x}",
            taken: base64.b64encode(asked).decode(),
        }
        value = _value(_ask(json.dumps(wish).encode()))
        if not signing.verifies(self.certificate, self.algorithm, value, data):
            raise SignerSaysNo(answer="not this certificate's key")
        return value

    def _digest(self, data: bytes) -> bytes:
        if self.algorithm == "sm2-sm3":
            return sm2.public_key_of(self.certificate).digest(data)
        return hashlib.sha1(data, usedforsecurity=False).digest()


def _ask(body: bytes) -> bytes:
    headers = {"Content-Type": "application/json"}
    if settings.CUSTOMS_SIGNER_TOKEN:
        headers["Authorization"] = f"Bearer {settings.CUSTOMS_SIGNER_TOKEN}"
    try:
        answer = outside.post(
            settings.CUSTOMS_SIGNER_URL,
            body,
            headers,
            timeout_s=settings.OUTSIDE_TIMEOUT_S,
            bytes_max=ANSWER_MAX_BYTES,
        )
    except outside.NoReply as wrong:
        raise SignerSilent() from wrong
    if answer.status >= 500 or answer.status == 429:
        raise SignerSilent()
    if answer.status != 200:
        raise SignerSaysNo(answer=answer.status)
    return answer.body


def _value(answer: bytes) -> bytes:
    try:
        return base64.b64decode(json.loads(answer)["signature"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error) as wrong:
        raise SignerSaysNo(answer="no signature in it") from wrong
