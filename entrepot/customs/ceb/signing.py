"""Enveloped XML signatures as the port's signers write them (specification 202205 annex 1, and what they really do).

The digest is over the canonical form, comments included, of the document without its signature. What is signed is
SignedInfo written with the name spaces ceb, ds and xsi in this order: the same bytes as canonical XML of a document
whose root declares ceb and xsi. SHA-1 is the specification's choice for RSA. For SM2 annex and signers differ: the
annex has names of its own and SM3 throughout, the hardware keys' signers write the old name space and a SHA-1 digest;
both are read, and which one is written is the identity's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from entrepot.customs.ceb import sm2
from entrepot.customs.ceb.tables import CEB, XSI

DS = "http://www.w3.org/2000/09/xmldsig#"
GAC = "http://www.chinaport.gov.cn/2022/04/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DS}enveloped-signature"
_CANONICAL = frozenset({C14N, f"{C14N}#WithComments"})


class BadSignature(Exception):
    """The signature is missing, wrong, of an unknown kind, or does not cover the whole message."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """The names that are written for one way to sign."""

    method: str
    digest: str

    @property
    def algorithm(self) -> str:
        return self.method.rpartition("#")[2]


RSA_SHA1 = Scheme(f"{DS}rsa-sha1", f"{DS}sha1")
SM2_SIGNERS = Scheme(f"{DS}sm2-sm3", f"{DS}sha1")
SM2_ANNEX = Scheme(f"{GAC}sm2-sm3", f"{GAC}sm3")


class Signs(Protocol):
    """A key that need not be here: it may live in a machine of its own."""

    def sign(self, data: bytes) -> bytes:
        """The signature's value: of RSA as PKCS #1 has it, of SM2 r and s in 64 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key with its certificate: who signs, and how."""

    key: RSAPrivateKey | Signs
    certificate: x509.Certificate
    scheme: Scheme = RSA_SHA1

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 the specification's algorithm
        return self.key.sign(data)


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


_DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    f"{DS}sha1": _sha1,
    f"{GAC}sha1": _sha1,
    f"{DS}sm3": sm2.sm3,
    f"{GAC}sm3": sm2.sm3,
}
_DIGESTS_OF: Mapping[str, frozenset[str]] = {
    "rsa-sha1": frozenset({f"{DS}sha1", f"{GAC}sha1"}),
    "sm2-sm3": frozenset(_DIGESTS),
}
_ALGORITHMS = {f"{space}{name}": name for space in (DS, GAC) for name in _DIGESTS_OF}


def verifies(certificate: x509.Certificate, algorithm: str, value: bytes, data: bytes) -> bool:
    """The value is the signature of the data by the certificate's key. Raises BadSignature where the key is of another
    kind than the algorithm."""
    try:
        if algorithm == "sm2-sm3":
            return sm2.public_key_of(certificate).verifies(value, data)
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise UnsupportedAlgorithm("no RSA key")
        key.verify(value, data, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 the specification's algorithm
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, sm2.NotSm2) as wrong:
        raise BadSignature("the certificate is not for this kind of signature") from wrong
    except sm2.NotInstalled as wrong:
        raise BadSignature("SM2 is not installed on this machine") from wrong
    return True


def canonical(element: etree._Element) -> bytes:
    try:
        return etree.tostring(element, method="c14n", with_comments=True)
    except etree.C14NError as wrong:  # relative name spaces and the like
        raise BadSignature("the message has no canonical form") from wrong


_SPACES = f' xmlns:ceb="{CEB}" xmlns:ds="{DS}" xmlns:xsi="{XSI}"'


def _signed_info(form: str, method: str, digest_method: str, digest: str) -> bytes:
    """SignedInfo exactly as it is hashed."""
    return (
        f"<ds:SignedInfo{_SPACES}>"
        f'<ds:CanonicalizationMethod Algorithm="{form}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
        f'<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="{ENVELOPED}"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{digest_method}"></ds:DigestMethod>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    ).encode()


def signature(content: bytes, identity: Identity) -> bytes:
    """The signature over content in canonical form, whose root declares ceb and xsi, as an element for its end."""
    scheme = identity.scheme
    digest = base64.b64encode(_DIGESTS[scheme.digest](content)).decode()
    info = _signed_info(C14N, scheme.method, scheme.digest, digest)
    value = base64.b64encode(identity.sign(info)).decode()
    serial, der = _certificate(identity.certificate)
    return (
        f'<ds:Signature xmlns:ds="{DS}">{info.decode().replace(_SPACES, "", 1)}'
        f"<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:KeyName>{serial}</ds:KeyName>"
        f"<ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
    ).encode()


def sealed(content: bytes, identity: Identity) -> bytes:
    """The content (see `signature`) with its signature as the root's last child."""
    before, tag, after = content.rpartition(b"</")
    return b"".join((before, signature(content, identity), tag, after))


def marked(content: bytes) -> bytes:
    """The content with an empty signature: what the schema asks of it before it is signed."""
    before, tag, after = content.rpartition(b"</")
    return b"".join((before, b'<ds:Signature xmlns:ds="%b"></ds:Signature>' % DS.encode(), tag, after))


@lru_cache(maxsize=8)
def _certificate(certificate: x509.Certificate) -> tuple[str, str]:
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return f"{certificate.serial_number:08x}", der


def verify(root: etree._Element, certificate: x509.Certificate) -> bytes:
    """The message is whole and signed by the certificate's key; a certificate inside it counts for nothing.

    Exactly one signature, a child of the root, over the whole document with the enveloped transform only: nothing can
    be wrapped around or beside what was signed. Returns what was signed, in canonical form. Raises BadSignature.
    """
    found = list(root.iter(f"{{{DS}}}Signature"))
    if len(found) != 1 or found[0].getparent() is not root:
        raise BadSignature("there must be one signature, below the root")
    signature = found[0]
    info = _only(signature, "SignedInfo")
    algorithm = _algorithm(info)
    reference = _only(info, "Reference")
    if reference.get("URI") != "":
        raise BadSignature("the signature does not cover the whole message")
    transforms = [element.get("Algorithm") for element in _only(reference, "Transforms")]
    if transforms[:1] != [ENVELOPED] or not set(transforms[1:]) <= _CANONICAL:
        raise BadSignature("unknown transforms")
    digest = _only(reference, "DigestMethod").get("Algorithm") or ""
    if digest not in _DIGESTS_OF[algorithm]:
        raise BadSignature("unknown digest method")
    content = _unsigned(root)
    if not hmac.compare_digest(_bytes(_only(reference, "DigestValue")), _DIGESTS[digest](content)):
        raise BadSignature("the signed data differ")
    value = _bytes(_only(signature, "SignatureValue"))
    if not any(verifies(certificate, algorithm, value, data) for data in _readings(info)):
        raise BadSignature("the signature is wrong")
    return content


def _algorithm(info: etree._Element) -> str:
    method = _only(info, "SignatureMethod").get("Algorithm")
    if method not in _ALGORITHMS or _only(info, "CanonicalizationMethod").get("Algorithm") not in _CANONICAL:
        raise BadSignature("unknown signature method")
    return _ALGORITHMS[method]


def _readings(info: etree._Element) -> list[bytes]:
    """What may have been signed: SignedInfo as the port's signers write it, or in the name spaces of its place."""
    reference = _only(info, "Reference")
    names = (_only(info, "CanonicalizationMethod"), _only(info, "SignatureMethod"), _only(reference, "DigestMethod"))
    form, method, digest_method = (one.get("Algorithm") or "" for one in names)
    digest = (_only(reference, "DigestValue").text or "").strip()
    written, placed = _signed_info(form, method, digest_method, digest), canonical(info)
    return [written] if placed == written else [written, placed]


def _unsigned(root: etree._Element) -> bytes:
    """Canonical form of the document without its signature."""
    copy = deepcopy(root)
    signature = next(copy.iter(f"{{{DS}}}Signature"))
    before, tail = signature.getprevious(), signature.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        copy.text = (copy.text or "") + tail
    copy.remove(signature)
    return canonical(copy)


def _only(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(f"{{{DS}}}{name}")
    if len(found) != 1:
        raise BadSignature(f"{name}: there must be one")
    return found[0]


def _bytes(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise BadSignature(f"{etree.QName(element).localname}: not base64") from wrong
