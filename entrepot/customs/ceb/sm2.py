"""SM2 with SM3 (GB/T 32918.2, GB/T 32905) for keys and certificates that the other library does not read.

The curve's arithmetic is GmSSL's and the hash is OpenSSL's, both compiled; here is what joins them: the digest with the
signer's part Z, signatures as the 64 bytes that customs' signers write, and the few fields of DER that hold a key.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

try:
    import gmssl_pyx
except ImportError:  # there is no wheel for every kind of machine
    gmssl_pyx = None

USER_ID = b"1234567812345678"
SIZE = 32  # bytes of a number of the curve
_CURVE = bytes.fromhex("06082a811ccf5501822d")  # 1.2.156.10197.1.301, with tag and length
_A = bytes.fromhex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC")
_B = bytes.fromhex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93")
_GX = bytes.fromhex("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7")
_GY = bytes.fromhex("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0")
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_BITS, _OCTETS, _SEQUENCE, _VERSION = 0x03, 0x04, 0x30, 0xA0
_PEM = re.compile(rb"-----BEGIN (?:EC )?PRIVATE KEY-----(.+?)-----END", re.S)


class NotSm2(ValueError):
    """These bytes hold no SM2 key in the form asked for."""


class NotInstalled(RuntimeError):
    """This machine has no library for SM2."""


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of the curve: x and y, 64 bytes."""

    point: bytes

    def digest(self, data: bytes) -> bytes:
        """What is signed of the data: SM3 over Z, which names the signer and the curve, and the data."""
        bits = (len(USER_ID) * 8).to_bytes(2, "big")
        return sm3(sm3(bits + USER_ID + _A + _B + _GX + _GY + self.point) + data)

    def verifies(self, value: bytes, data: bytes) -> bool:
        """The value (r and s, 64 bytes) is this key's signature of the data."""
        library = curve()
        r, s = int.from_bytes(value[:SIZE], "big"), int.from_bytes(value[SIZE:], "big")
        if len(value) != 2 * SIZE or not (0 < r < _N and 0 < s < _N):
            return False
        try:
            return bool(library.sm2_verify_sm3_digest(self.point, self.digest(data), encode_dss_signature(r, s)))
        except library.GmsslInnerError:  # no point of the curve
            return False


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private number with its public key."""

    number: bytes = field(repr=False)
    public: PublicKey

    def sign(self, data: bytes) -> bytes:
        """The signature as customs' signers write it: r and s, 64 bytes."""
        r, s = decode_dss_signature(curve().sm2_sign_sm3_digest(self.number, self.public.digest(data)))
        return r.to_bytes(SIZE, "big") + s.to_bytes(SIZE, "big")


def curve() -> Any:
    """The library. Raises NotInstalled."""
    if gmssl_pyx is None:
        raise NotInstalled("gmssl-pyx is not installed")
    return gmssl_pyx


def generate() -> PrivateKey:
    point, number = curve().sm2_key_generate()
    return PrivateKey(number, PublicKey(point))


@lru_cache(maxsize=64)
def public_key_of(certificate: x509.Certificate) -> PublicKey:
    """The certificate's key. Raises NotSm2 where it is of another kind."""
    fields = list(_fields(_inside(certificate.tbs_certificate_bytes)))
    at = 6 if fields[0][0] == _VERSION else 5  # after serial, algorithm, issuer, validity and subject
    return PublicKey(_point(fields[at][1]))


def load_private_key(pem: bytes, public: PublicKey) -> PrivateKey:
    """The key of a PEM file (PKCS#8 or SEC 1, not encrypted) that belongs to `public`. Raises NotSm2."""
    found = _PEM.search(pem)
    if found is None:
        raise NotSm2("no private key in PEM")
    try:
        der = base64.b64decode(b"".join(found[1].split()), validate=True)
    except binascii.Error as wrong:
        raise NotSm2("no base64") from wrong
    fields = list(_fields(_inside(der)))
    if len(fields) > 2 and fields[1][0] == _SEQUENCE:  # PKCS#8 around it
        if _CURVE not in fields[1][1]:
            raise NotSm2("another kind of key")
        fields = list(_fields(_inside(fields[2][1])))
    elif _CURVE not in der:
        raise NotSm2("another kind of key")
    if len(fields) < 2 or fields[1][0] != _OCTETS or not 0 < len(fields[1][1]) <= SIZE:
        raise NotSm2("no private number")
    return PrivateKey(fields[1][1].rjust(SIZE, b"\0"), public)


def _point(info: bytes) -> bytes:
    """The point of a SubjectPublicKeyInfo's content."""
    fields = list(_fields(info))
    if len(fields) != 2 or _CURVE not in fields[0][1] or fields[1][0] != _BITS:
        raise NotSm2("the certificate's key is of another kind")
    bits = fields[1][1]
    if len(bits) != 2 + 2 * SIZE or bits[:2] != b"\x00\x04":
        raise NotSm2("the certificate's point is not written whole")
    return bits[2:]


def _inside(der: bytes) -> bytes:
    """The content of the one outer SEQUENCE."""
    found = list(_fields(der))
    if len(found) != 1 or found[0][0] != _SEQUENCE:
        raise NotSm2("no sequence")
    return found[0][1]


def _fields(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of one DER field after the other."""
    at = 0
    while at < len(der):
        if at + 2 > len(der):
            raise NotSm2("cut off")
        tag, length, at = der[at], der[at + 1], at + 2
        if length >= 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        if at + length > len(der):
            raise NotSm2("cut off")
        yield tag, der[at : at + length]
        at += length
