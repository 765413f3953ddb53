"""The port's own key, and signatures as it writes and checks them (enveloped).

Ways to check stand in `METHODS`, by the address a document names them with: RSA with SHA-1 and SM2 with SM3, each under
both addresses in use. How the port itself signs is one of `MANNERS`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from entrepot.sandbox.customs import sm2

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
# What goes into the hash: SignedInfo with these name spaces in this order, whatever the document around it declares.
_INFO = (
    '<ds:SignedInfo xmlns:ceb="http://www.chinaport.gov.cn/ceb" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
    '<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature">'
    "</ds:Transform></ds:Transforms>"
    '<ds:DigestMethod Algorithm="{digest_method}"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)


@dataclass(frozen=True, slots=True)
class Method:
    """One way to sign. `key_of` gives the public key of a certificate in PEM, None when it is of another kind;
    `verify` raises InvalidSignature."""

    key_of: Callable[[str], Any]
    verify: Callable[[Any, bytes, bytes], None]


def _rsa_key(certificate_pem: str) -> rsa.RSAPublicKey | None:
    try:
        key = x509.load_pem_x509_certificate(certificate_pem.encode()).public_key()
    except UnsupportedAlgorithm:
        return None
    return key if isinstance(key, rsa.RSAPublicKey) else None


def _rsa_verify(key: rsa.RSAPublicKey, data: bytes, value: bytes) -> None:
    key.verify(value, data, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303


_RSA_SHA1 = Method(_rsa_key, _rsa_verify)
_SM2_SM3 = Method(sm2.key_of, sm2.verify)
_OLD, _ANNEX = "http://www.w3.org/2000/09/xmldsig#", "http://www.chinaport.gov.cn/2022/04/xmldsig#"
METHODS: Mapping[str, Method] = {
    f"{_OLD}rsa-sha1": _RSA_SHA1,
    f"{_ANNEX}rsa-sha1": _RSA_SHA1,
    f"{_OLD}sm2-sm3": _SM2_SM3,
    f"{_ANNEX}sm2-sm3": _SM2_SM3,
}


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()  # noqa: S324 the specification's algorithm


_DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    f"{_OLD}sha1": _sha1,
    f"{_ANNEX}sha1": _sha1,
    f"{_OLD}sm3": sm2.sm3,
    f"{_ANNEX}sm3": sm2.sm3,
}
# How the port signs, by what its switch `signs` says: addresses of method and digest. The annex's are unconfirmed.
MANNERS: Mapping[str, tuple[str, str]] = {
    "": (f"{_OLD}rsa-sha1", f"{_OLD}sha1"),
    "sm2": (f"{_OLD}sm2-sm3", f"{_OLD}sha1"),
    "sm2_annex": (f"{_ANNEX}sm2-sm3", f"{_ANNEX}sm3"),
}


class DataDiffer(Exception):
    """The digest is not the document's."""


class WrongSignature(Exception):
    """The value is not the key's, or there is none."""


class Keys:
    """The port's key pairs: RSA's made at the first start, SM2's when first wanted; kept in its state directory."""

    def __init__(self, state_dir: Path) -> None:
        path = state_dir / "port.pem"
        if not path.exists():
            _make(path)
        pem = path.read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._rsa, self._certificate = key, x509.load_pem_x509_certificate(pem)
        self._state_dir = state_dir
        self._sm2: sm2.Key | None = None
        self._making = Lock()

    def certificate_pem(self, manner: str) -> str:
        return self._signer(manner)[0].public_bytes(serialization.Encoding.PEM).decode()

    def signed(self, message: bytes, manner: str) -> bytes:
        """The message with its signature before the closing tag."""
        certificate, sign = self._signer(manner)
        method, digest_method = MANNERS[manner]
        root = etree.fromstring(message)
        digest = base64.b64encode(_DIGESTS[digest_method](etree.tostring(root, method="c14n"))).decode()
        info = _INFO.format(method=method, digest_method=digest_method, digest=digest)
        value = sign(info.encode())
        der = certificate.public_bytes(serialization.Encoding.DER)
        signature = (
            f'<ds:Signature xmlns:ds="{_DS[1:-1]}">{info}'
            f"<ds:SignatureValue>{base64.b64encode(value).decode()}</ds:SignatureValue><ds:KeyInfo><ds:KeyName>"
            f"{certificate.serial_number:x}</ds:KeyName><ds:X509Data><ds:X509Certificate>"
            f"{base64.b64encode(der).decode()}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
        )
        before, tag, after = message.rpartition(b"</")
        return before + signature.encode() + tag + after

    def _signer(self, manner: str) -> tuple[x509.Certificate, Callable[[bytes], bytes]]:
        if not manner:
            return self._certificate, self._rsa_sign
        with self._making:
            self._sm2 = self._sm2 or sm2.Key(self._state_dir)
        return self._sm2.certificate, self._sm2.sign

    def _rsa_sign(self, data: bytes) -> bytes:
        return self._rsa.sign(data, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303


def _make(path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox customs port")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650)).sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(0o600)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


def can_check(certificate_pem: str) -> bool:
    """Whether the certificate's key is of a kind the port knows. Raises ValueError for what is no certificate."""
    return any(method.key_of(certificate_pem) is not None for method in METHODS.values())


def check(root: etree._Element, certificate_pem: str) -> None:
    """The document is signed by the certificate's key. Raises DataDiffer or WrongSignature."""
    signature = root.find(f"{_DS}Signature")
    if signature is None:
        raise WrongSignature
    address = _attribute(signature, "SignatureMethod")
    digest = (signature.findtext(f".//{_DS}DigestValue") or "").strip()
    value = signature.findtext(f"{_DS}SignatureValue") or ""
    digest_method = _attribute(signature, "DigestMethod")
    method, made = METHODS.get(address), _DIGESTS.get(digest_method)
    if method is None or made is None:
        raise WrongSignature
    info = _INFO.format(method=address, digest_method=digest_method, digest=digest)
    root.remove(signature)
    try:
        found = base64.b64encode(made(etree.tostring(root, method="c14n"))).decode()
    except etree.C14NError as wrong:
        raise DataDiffer from wrong
    root.append(signature)
    if found != digest:
        raise DataDiffer
    _verify(method, certificate_pem, info.encode(), value)


def check_text(text: str, value: str, certificate_pem: str) -> None:
    """A plain text is signed by the certificate's key, in the way of that key. Raises WrongSignature."""
    method = next(one for one in METHODS.values() if one.key_of(certificate_pem) is not None)
    _verify(method, certificate_pem, text.encode(), value)


def _verify(method: Method, certificate_pem: str, data: bytes, value: str) -> None:
    key = method.key_of(certificate_pem)
    if key is None:
        raise WrongSignature
    try:
        method.verify(key, data, base64.b64decode(value))
    except (InvalidSignature, ValueError) as wrong:
        raise WrongSignature from wrong


def _attribute(signature: etree._Element, name: str) -> str:
    found = signature.find(f".//{_DS}{name}")
    return "" if found is None else found.get("Algorithm", "")
