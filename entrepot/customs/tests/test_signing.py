"""Signatures: what we write is verified, what was touched is not, nothing can be wrapped around it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from entrepot.customs.ceb import message, signing, sm2
from entrepot.customs.ceb.signing import DS, GAC, BadSignature, verify
from entrepot.customs.ceb.tables import CEB, XSI
from entrepot.customs.tests.paper_makers import SM2_KEY, built, identity, sign, sm2_identity, travelling
from entrepot.customs.types import DocumentKind
from tests.examples import many


def _signed(kind: DocumentKind = DocumentKind.LIST) -> bytes:
    root = built(kind)
    sign(root)
    return travelling(root)


SIGNED = _signed()


def _verify(body: bytes) -> None:
    verify(message.parse(body), identity().certificate)


@pytest.mark.parametrize("kind", list(DocumentKind))
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
    return travelling(root)


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
    "an algorithm that is not the key's": _algorithm("SignatureMethod", f"{GAC}sm2-sm3"),
    "value": _set(f".//{{{DS}}}SignatureValue", base64.b64encode(b"1" * 256).decode()),
    "value no base64": _set(f".//{{{DS}}}SignatureValue", "!!!"),
    "value empty": _set(f".//{{{DS}}}SignatureValue", ""),
    "digest": _set(f".//{{{DS}}}DigestValue", base64.b64encode(b"1" * 20).decode()),
}


@pytest.mark.parametrize("attack", TAMPERED)
def test_what_was_touched_is_refused(attack: str) -> None:
    with pytest.raises(BadSignature):
        _verify(_mutated(TAMPERED[attack]))


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


SM2_SCHEMES = [signing.SM2_SIGNERS, signing.SM2_ANNEX]


@pytest.mark.parametrize("scheme", SM2_SCHEMES, ids=["signers", "annex"])
@pytest.mark.parametrize("kind", [DocumentKind.LIST, DocumentKind.SIGNED_FOR])
def test_sm2_signs_as_signers_and_as_the_annex_write_it(scheme: signing.Scheme, kind: DocumentKind) -> None:
    content = signing.canonical(built(kind))
    root = message.parse(message.to_bytes(signing.sealed(content, sm2_identity(scheme))))
    assert root.find(f".//{{{DS}}}SignatureMethod").get("Algorithm") == scheme.method  # type: ignore[union-attr]
    assert root.find(f".//{{{DS}}}DigestMethod").get("Algorithm") == scheme.digest  # type: ignore[union-attr]
    assert len(base64.b64decode(root.findtext(f".//{{{DS}}}SignatureValue") or "")) == 64
    message.check(root)
    assert verify(root, sm2_identity().certificate) == content


@pytest.mark.parametrize("scheme", SM2_SCHEMES, ids=["signers", "annex"])
def test_what_was_touched_under_sm2_is_refused(scheme: signing.Scheme) -> None:
    signed = signing.sealed(signing.canonical(built(DocumentKind.LIST)), sm2_identity(scheme))
    for attack, change in TAMPERED.items():
        if "algorithm" in attack:  # here it is the key's
            continue
        root = message.parse(signed)
        change(root)
        with pytest.raises(BadSignature):
            verify(root, sm2_identity().certificate)
            pytest.fail(attack)
    other = replace(sm2_identity(scheme), key=sm2.generate())
    forged = signing.sealed(signing.canonical(built(DocumentKind.LIST)), other)
    with pytest.raises(BadSignature, match="wrong"):
        verify(message.parse(forged), sm2_identity().certificate)
    with pytest.raises(BadSignature, match="kind"):
        verify(message.parse(signed), identity().certificate)
    with pytest.raises(BadSignature, match="kind"):
        verify(message.parse(SIGNED), sm2_identity().certificate)


def test_sm2_is_the_standards() -> None:
    """The example of GB/T 32918.5, annex A.2, and what another implementation (OpenSSL) signed with our tests' key."""
    standard = sm2.PublicKey(
        bytes.fromhex(
            "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
            "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
        )
    )
    data = b"message digest"
    value = bytes.fromhex(
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
    )
    assert standard.digest(data).hex().upper() == "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
    assert standard.verifies(value, data)
    ours = sm2.public_key_of(sm2_identity().certificate)
    by_openssl = bytes.fromhex(
        "3e8808cf01d37ae7e5ccbc0f1d10ff70628d39ef1bccbb24bc3dfc126033747f"
        "404bd3a72064ed2f4816d26c8f62ce8283fca0fcc98d8c257eb2035ddda107b4"
    )
    assert ours.verifies(by_openssl, b"message of ours")
    assert not ours.verifies(by_openssl, b"message of others")
    for spoilt in (b"", value[:-1], value + b"0", b"\0" * 64, value[:32] + b"\0" * 32, b"\xff" * 64):
        assert not standard.verifies(spoilt, data)


def test_an_sm2_key_is_read_from_both_forms_and_nothing_else_is() -> None:
    public = sm2.public_key_of(sm2_identity().certificate)
    whole = base64.b64decode("".join(SM2_KEY.splitlines()[1:-1]))
    number = whole[whole.index(b"\x02\x01\x01\x04\x20") + 5 :][:32]
    curve = bytes.fromhex("a00a06082a811ccf5501822d")
    inner = b"\x02\x01\x01\x04\x20" + number + curve
    sec1 = base64.encodebytes(b"\x30" + bytes([len(inner)]) + inner).decode()
    for pem in (SM2_KEY, f"-----BEGIN EC PRIVATE KEY-----\n{sec1}-----END EC PRIVATE KEY-----\n"):
        key = sm2.load_private_key(pem.encode(), public)
        assert key.number == number
        assert public.verifies(key.sign(b"x"), b"x")
        assert number.hex() not in repr(key)
    rsa = identity().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[union-attr]
    for wrong in (
        b"",
        rsa,
        SM2_KEY.replace("MIGH", "MIGG").encode(),
        SM2_KEY[:80].encode(),
        SM2_KEY[:90].encode() + b"\n-----END",
    ):
        with pytest.raises(sm2.NotSm2):
            sm2.load_private_key(wrong, public)
    with pytest.raises(sm2.NotSm2):
        sm2.public_key_of(identity().certificate)


@settings(max_examples=many(300), deadline=None)
@given(st.binary(max_size=120), st.integers(0, 250), st.binary(max_size=8))
def test_bytes_that_are_no_key_are_refused_by_name(noise: bytes, at: int, patch: bytes) -> None:
    public = sm2.public_key_of(sm2_identity().certificate)
    whole = bytearray(base64.b64decode("".join(SM2_KEY.splitlines()[1:-1])))
    whole[at : at + len(patch)] = patch
    for der in (noise, bytes(whole)):
        pem = b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(der) + b"-----END PRIVATE KEY-----\n"
        try:
            sm2.load_private_key(pem, public)
        except sm2.NotSm2:
            continue


def test_a_machine_without_the_library_says_so_and_signs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = signing.sealed(signing.canonical(built(DocumentKind.LIST)), sm2_identity())
    monkeypatch.setattr(sm2, "gmssl_pyx", None)
    with pytest.raises(BadSignature, match="not installed"):
        verify(message.parse(signed), sm2_identity().certificate)
    with pytest.raises(sm2.NotInstalled):
        signing.sealed(b"<a></a>", sm2_identity())
    verify(message.parse(SIGNED), identity().certificate)
