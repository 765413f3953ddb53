"""The port's SM2 key (GB/T 32918.2) and what it makes of other people's, by GmSSL's whole-message functions.

Signatures on the wire are r and s in 64 bytes. Z and the hash are the library's, so no slip here agrees with the house.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import NameOID

try:
    import gmssl_pyx
except ImportError:  # there is no wheel for every kind of machine
    gmssl_pyx = None

_NUMBER = 32  # bytes
_P256, _ECDSA = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d040302")
_SM2, _SM2_SM3 = bytes.fromhex("06082a811ccf5501822d"), bytes.fromhex("06082a811ccf55018375")
_POINT = b"\x03\x42\x00\x04"  # a bit string of a point written whole


def there() -> bool:
    """Whether this machine has the library."""
    return gmssl_pyx is not None


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def key_of(certificate_pem: str) -> bytes | None:
    """The point of an SM2 certificate's key, None where it is of another kind. ValueError for no certificate."""
    tbs = x509.load_pem_x509_certificate(certificate_pem.encode()).tbs_certificate_bytes
    at = tbs.find(_SM2 + _POINT)
    begin = at + len(_SM2) + len(_POINT)
    point = tbs[begin : begin + 2 * _NUMBER]
    return point if there() and at >= 0 and len(point) == 2 * _NUMBER else None


def verify(point: bytes, data: bytes, value: bytes) -> None:
    """Raises InvalidSignature."""
    if len(value) != 2 * _NUMBER:
        raise InvalidSignature
    der = encode_dss_signature(int.from_bytes(value[:_NUMBER], "big"), int.from_bytes(value[_NUMBER:], "big"))
    try:
        fits = gmssl_pyx.sm2_verify(point, data, der)
    except gmssl_pyx.GmsslInnerError as wrong:  # no point of the curve
        raise InvalidSignature from wrong
    if not fits:
        raise InvalidSignature


class Key:
    """A key pair with its certificate, made when it is first wanted and kept in the port's state directory."""

    def __init__(self, state_dir: Path) -> None:
        path = state_dir / "port-sm2.json"
        if not path.exists():
            path.touch(0o600)
            path.write_text(json.dumps(_made()))
        kept = json.loads(path.read_text())
        self._number, self._point = bytes.fromhex(kept["number"]), bytes.fromhex(kept["point"])
        self.certificate = x509.load_pem_x509_certificate(kept["certificate"].encode())

    def sign(self, data: bytes) -> bytes:
        return _raw(gmssl_pyx.sm2_sign(self._number, self._point, data))


def _raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(_NUMBER, "big") + s.to_bytes(_NUMBER, "big")


def _made() -> dict[str, Any]:
    point, number = gmssl_pyx.sm2_key_generate()
    return {"number": number.hex(), "point": point.hex(), "certificate": _certificate(number, point)}


def _certificate(number: bytes, point: bytes) -> str:
    """A certificate of P-256 with the curve, the key and the signature of SM2 in their places, which are as long."""
    other = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox customs port, SM2")])
    now = datetime.now(UTC)
    model = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(other.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650)).sign(other, hashes.SHA256())
    )  # fmt: skip
    theirs = other.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)[
        1:
    ]
    tbs = model.tbs_certificate_bytes.replace(_P256, _SM2).replace(_ECDSA, _SM2_SM3).replace(theirs, point)
    signature = gmssl_pyx.sm2_sign(number, point, tbs)
    whole = _field(0x30, tbs + _field(0x30, _SM2_SM3) + _field(0x03, b"\0" + signature))
    return x509.load_der_x509_certificate(whole).public_bytes(serialization.Encoding.PEM).decode()


def _field(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x82]) + size.to_bytes(2, "big")
    if 0x80 <= size < 0x100:
        length = bytes([0x81, size])
    return bytes([tag]) + length + content
