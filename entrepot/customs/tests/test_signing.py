"""Signatures: what we write is verified, what was touched is not, nothing can be wrapped around it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from entrepot.customs.ceb import message
from entrepot.customs.ceb.signing import DS, GAC, BadSignature, sign, verify
from entrepot.customs.ceb.tables import CEB, XSI
from entrepot.customs.tests.paper_makers import built, identity
from entrepot.customs.types import DocumentKind


def _signed(kind: DocumentKind = DocumentKind.LIST) -> bytes:
    root = built(kind)
    sign(root, identity())
    return message.to_bytes(root)


SIGNED = _signed()


def _verify(body: bytes) -> None:
    verify(message.parse(body), identity().certificate)


@pytest.mark.parametrize("kind", [kind for kind in DocumentKind if kind != "623"])
def test_what_is_signed_is_verified_after_its_bytes_travelled(kind: DocumentKind) -> None:
    _verify(_signed(kind))


def test_signed_info_is_hashed_with_the_three_name_spaces_in_order() -> None:
    root = message.parse(SIGNED)
    info = root.find(f".//{{{DS}}}SignedInfo")
    assert info is not None
    written = etree.tostring(info, method="c14n")
    assert written.startswith(f'<ds:SignedInfo xmlns:ceb="{CEB}" xmlns:ds="{DS}" xmlns:xsi="{XSI}">'.encode())
    value = base64.b64decode(root.findtext(f".//{{{DS}}}SignatureValue") or "")
    identity().certificate.public_key().verify(value, written, padding.PKCS1v15(), hashes.SHA1())  # type: ignore[union-attr, call-arg, arg-type]


def test_the_digest_is_sha1_of_the_document_without_the_signature() -> None:
    root = message.parse(SIGNED)
    digest = root.findtext(f".//{{{DS}}}DigestValue")
    signature = root.find(f"{{{DS}}}Signature")
    assert signature is not None
    root.remove(signature)
    canonical = etree.tostring(root, method="c14n", with_comments=True)
    assert digest == base64.b64encode(hashlib.sha1(canonical).digest()).decode()


def test_another_key_is_not_ours() -> None:
    with pytest.raises(BadSignature):
        verify(message.parse(SIGNED), identity("somebody else").certificate)


def _mutated(change: Callable[[etree._Element], None]) -> bytes:
    root = message.parse(SIGNED)
    change(root)
    return message.to_bytes(root)


def _signature(root: etree._Element) -> etree._Element:
    found = root.find(f"{{{DS}}}Signature")
    assert found is not None
    return found


def _set(path: str, text: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        found = root.find(path)
        assert found is not None
        found.text = text

    return change


def _algorithm(name: str, uri: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        found = root.find(f".//{{{DS}}}{name}")
        assert found is not None
        found.set("Algorithm", uri)

    return change


def _wrap(root: etree._Element) -> None:
    """The classic attack: the signed body moves aside, another one takes its place."""
    aside = etree.SubElement(_signature(root), f"{{{DS}}}Object")
    aside.append(root[0])
    root.insert(0, etree.fromstring(etree.tostring(aside[0])))


TAMPERED = {
    "element": _set(f".//{{{CEB}}}grossWeight", "9"),
    "attribute": lambda root: root.set("guid", "0" * 36),
    "comment inside a value": lambda root: root[0][0][4].append(etree.Comment("x")),
    "new element": lambda root: etree.SubElement(root[0][0], f"{{{CEB}}}note"),
    "removed element": lambda root: root[0].remove(root[0][1]),
    "no signature": lambda root: root.remove(_signature(root)),
    "two signatures": lambda root: root.append(etree.fromstring(etree.tostring(_signature(root)))),
    "signature elsewhere": lambda root: root[0].append(_signature(root)),
    "wrapped": _wrap,
    "reference to a part": lambda root: root.find(f".//{{{DS}}}Reference").set("URI", "#x"),  # type: ignore[union-attr]
    "no reference": lambda root: _signature(root)[0].remove(root.find(f".//{{{DS}}}Reference")),  # type: ignore[arg-type]
    "xpath transform": _algorithm("Transform", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    "unknown method": _algorithm("SignatureMethod", f"{DS}hmac-sha1"),
    "unknown digest": _algorithm("DigestMethod", f"{DS}md5"),
    "sm2": _algorithm("SignatureMethod", f"{GAC}sm2-sm3"),
    "value": _set(f".//{{{DS}}}SignatureValue", base64.b64encode(b"1" * 256).decode()),
    "value no base64": _set(f".//{{{DS}}}SignatureValue", "!!!"),
    "value empty": _set(f".//{{{DS}}}SignatureValue", ""),
    "digest": _set(f".//{{{DS}}}DigestValue", base64.b64encode(b"1" * 20).decode()),
}


@pytest.mark.parametrize("attack", TAMPERED)
def test_what_was_touched_is_refused(attack: str) -> None:
    with pytest.raises(BadSignature):
        _verify(_mutated(TAMPERED[attack]))


def test_sm2_is_refused_by_name() -> None:
    with pytest.raises(BadSignature, match="SM2"):
        _verify(_mutated(TAMPERED["sm2"]))


@settings(deadline=None)
@given(st.data())
def test_no_changed_byte_goes_through(data: st.DataObject) -> None:
    """Whatever byte is changed: either it is noticed, or what was signed reads the same."""
    at = data.draw(st.integers(0, len(SIGNED) - 1))
    body = bytearray(SIGNED)
    body[at] ^= data.draw(st.integers(1, 127))
    try:
        root = message.parse(bytes(body))
    except message.NotWellMade:
        return
    try:
        content = verify(root, identity().certificate)
    except BadSignature:
        return
    assert content == verify(message.parse(SIGNED), identity().certificate)


def _as_signers_write(method: str, digest_method: str) -> bytes:
    """A receipt with a default name space, signed as the port's signers do: SignedInfo hashed in their own form."""
    body = (
        b'<CEB312Message xmlns="http://www.chinaport.gov.cn/ceb" guid="4F2011FC-4ED0-478C-B190-22E76EF8B78A"'
        b' version="1.0"><OrderReturn><guid>1</guid></OrderReturn></CEB312Message>'
    )
    canonical = etree.tostring(etree.fromstring(body), method="c14n")
    digest = base64.b64encode(hashlib.sha1(canonical).digest()).decode()

    def info(spaces: str) -> str:
        return (
            f"<ds:SignedInfo{spaces}><ds:CanonicalizationMethod"
            ' Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></ds:CanonicalizationMethod>'
            f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod><ds:Reference URI=""><ds:Transforms>'
            f'<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform></ds:Transforms>'
            f'<ds:DigestMethod Algorithm="{digest_method}"></ds:DigestMethod>'
            f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        )

    hashed = info(f' xmlns:ceb="{CEB}" xmlns:ds="{DS}" xmlns:xsi="{XSI}"').encode()
    value = base64.b64encode(identity().key.sign(hashed, padding.PKCS1v15(), hashes.SHA1())).decode()
    signature = f'<ds:Signature xmlns:ds="{DS}">{info("")}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>'
    return body.replace(b"</CEB312Message>", signature.encode() + b"</CEB312Message>")


@pytest.mark.parametrize("space", [DS, GAC])
def test_both_names_of_rsa_sha1_are_read_also_as_signers_write_them(space: str) -> None:
    _verify(_as_signers_write(f"{space}rsa-sha1", f"{space}sha1"))
