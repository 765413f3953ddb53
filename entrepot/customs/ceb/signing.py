"""Enveloped XML signatures as the port's signers write them (specification 202205 annex 1, and what they really do).

The digest is SHA-1 over the canonical form, comments included, of the document without its signature. What is signed is
SignedInfo written with the name spaces ceb, ds and xsi in this order: the same bytes as canonical XML of a document
whose root declares ceb and xsi. SHA-1 is the specification's choice; SM2 with SM3 is known by name and not spoken yet:
a `Scheme` for it is all that is missing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from entrepot.customs.ceb.tables import CEB, XSI

DS = "http://www.w3.org/2000/09/xmldsig#"
GAC = "http://www.chinaport.gov.cn/2022/04/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DS}enveloped-signature"
_CANONICAL = frozenset({C14N, f"{C14N}#WithComments"})


class BadSignature(Exception):
    """The signature is missing, wrong, of an unknown kind, or does not cover the whole message."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key with its certificate: who signs."""

    key: RSAPrivateKey
    certificate: x509.Certificate


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _sign_rsa(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 the specification's algorithm


def _verify_rsa(key: RSAPublicKey, value: bytes, data: bytes) -> None:
    key.verify(value, data, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 the specification's algorithm


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to sign: the first name of each is written, all are read."""

    methods: tuple[str, ...]
    digests: tuple[str, ...]
    digest: Callable[[bytes], bytes]
    sign: Callable[[RSAPrivateKey, bytes], bytes]
    verify: Callable[[RSAPublicKey, bytes, bytes], None]


RSA_SHA1 = Scheme(
    methods=(f"{DS}rsa-sha1", f"{GAC}rsa-sha1"),
    digests=(f"{DS}sha1", f"{GAC}sha1"),
    digest=_sha1,
    sign=_sign_rsa,
    verify=_verify_rsa,
)
SCHEMES = (RSA_SHA1,)
NOT_YET = frozenset({f"{DS}sm2-sm3", f"{GAC}sm2-sm3"})
_SCHEME_OF: Mapping[str, Scheme] = {name: scheme for scheme in SCHEMES for name in scheme.methods}


def _canonical(element: etree._Element) -> bytes:
    try:
        return etree.tostring(element, method="c14n", with_comments=True)
    except etree.C14NError as wrong:  # relative name spaces and the like
        raise BadSignature("the message has no canonical form") from wrong


def _signed_info(canonical: str, method: str, digest_method: str, digest: str) -> bytes:
    """SignedInfo exactly as it is hashed."""
    return (
        f'<ds:SignedInfo xmlns:ceb="{CEB}" xmlns:ds="{DS}" xmlns:xsi="{XSI}">'
        f'<ds:CanonicalizationMethod Algorithm="{canonical}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
        f'<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="{ENVELOPED}"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{digest_method}"></ds:DigestMethod>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    ).encode()


def sign(root: etree._Element, identity: Identity) -> None:
    """Add the signature as the last child. The root must declare ceb and xsi, as `message.build` does."""
    scheme = RSA_SHA1
    digest = base64.b64encode(scheme.digest(_canonical(root))).decode()
    info = _signed_info(C14N, scheme.methods[0], scheme.digests[0], digest)
    value = base64.b64encode(scheme.sign(identity.key, info)).decode()
    der = base64.b64encode(identity.certificate.public_bytes(Encoding.DER)).decode()
    signature = etree.SubElement(root, f"{{{DS}}}Signature", nsmap={"ds": DS})
    signature.append(etree.fromstring(info))
    etree.SubElement(signature, f"{{{DS}}}SignatureValue").text = value
    info_element = etree.SubElement(signature, f"{{{DS}}}KeyInfo")
    etree.SubElement(info_element, f"{{{DS}}}KeyName").text = f"{identity.certificate.serial_number:08x}"
    data = etree.SubElement(info_element, f"{{{DS}}}X509Data")
    etree.SubElement(data, f"{{{DS}}}X509Certificate").text = der
    etree.cleanup_namespaces(signature, keep_ns_prefixes=["ds"])


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
    scheme = _scheme(info)
    reference = _only(info, "Reference")
    if reference.get("URI") != "":
        raise BadSignature("the signature does not cover the whole message")
    transforms = [element.get("Algorithm") for element in _only(reference, "Transforms")]
    if transforms[:1] != [ENVELOPED] or not set(transforms[1:]) <= _CANONICAL:
        raise BadSignature("unknown transforms")
    if _only(reference, "DigestMethod").get("Algorithm") not in scheme.digests:
        raise BadSignature("unknown digest method")
    content = _unsigned(root)
    if not hmac.compare_digest(_bytes(_only(reference, "DigestValue")), scheme.digest(content)):
        raise BadSignature("the signed data differ")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise BadSignature("the certificate is not for this kind of signature")
    value = _bytes(_only(signature, "SignatureValue"))
    if not any(_verifies(scheme, key, value, data) for data in _readings(info)):
        raise BadSignature("the signature is wrong")
    return content


def _scheme(info: etree._Element) -> Scheme:
    method = _only(info, "SignatureMethod").get("Algorithm") or ""
    if method in NOT_YET:
        raise BadSignature("SM2 with SM3 is not spoken here yet")
    if method not in _SCHEME_OF or _only(info, "CanonicalizationMethod").get("Algorithm") not in _CANONICAL:
        raise BadSignature("unknown signature method")
    return _SCHEME_OF[method]


def _verifies(scheme: Scheme, key: RSAPublicKey, value: bytes, data: bytes) -> bool:
    try:
        scheme.verify(key, value, data)
    except InvalidSignature:
        return False
    return True


def _readings(info: etree._Element) -> list[bytes]:
    """What may have been signed: SignedInfo in the name spaces of its place, or as the port's signers write it."""
    reference = _only(info, "Reference")
    names = (_only(info, "CanonicalizationMethod"), _only(info, "SignatureMethod"), _only(reference, "DigestMethod"))
    canonical, method, digest_method = (one.get("Algorithm") or "" for one in names)
    digest = (_only(reference, "DigestValue").text or "").strip()
    return [_canonical(info), _signed_info(canonical, method, digest_method, digest)]


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
    return _canonical(copy)


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
