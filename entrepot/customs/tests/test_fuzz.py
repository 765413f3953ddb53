"""Whatever comes, the reader either refuses it by name or reads what customs signed: no crash, nothing forged.

A short search here, a long one with `make search`. Nothing touches a database: that what is refused changes nothing is
shown in test_evidence.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from entrepot.customs.ceb import dxp, message, signing
from entrepot.customs.ceb.tables import ANSWERS, CEB, DXP, MESSAGES, XSI
from entrepot.customs.services import ForgedReceipt, WrongSchema
from entrepot.customs.services.receipts import read_message
from entrepot.customs.tests.paper_makers import NOW, built, identity, sign, sm2_identity, travelling
from entrepot.customs.tests.receipts import format_receipt, receipt
from entrepot.customs.types import DocumentKind
from entrepot.kit.ids import new_id
from tests.examples import many

CERTIFICATE = identity("port").certificate
BILL = (
    "<ceb:Tax><ceb:TaxHeadRd><ceb:guid>1</ceb:guid><ceb:returnTime>20261121120000000</ceb:returnTime>"
    "<ceb:invtNo>31052026I000000001</ceb:invtNo><ceb:taxNo>1</ceb:taxNo><ceb:customsTax>0</ceb:customsTax>"
    "<ceb:valueAddedTax>37.31</ceb:valueAddedTax><ceb:consumptionTax>0</ceb:consumptionTax><ceb:status>1</ceb:status>"
    "</ceb:TaxHeadRd></ceb:Tax>"
)


def _enveloped(body: bytes) -> bytes:
    return dxp.closed(dxp.opening(dxp.Address("1", "CEB312Message", "DXP1", ["DXP2"]), NOW), body)


def _bill() -> bytes:
    opening = f'<ceb:CEB816Message xmlns:ceb="{CEB}" xmlns:xsi="{XSI}" guid="{new_id()}" version="1.0">'
    root = etree.fromstring(f"{opening}{BILL}</ceb:CEB816Message>")
    sign(root, identity("port"))
    return travelling(root)


def _request() -> bytes:
    root = built(DocumentKind.LIST)
    sign(root, identity("port"))
    return travelling(root)


SEEDS = [
    receipt(DocumentKind.ORDER, "KL1-1", 2, info="新增申报成功"),
    receipt(DocumentKind.LIST, "KL11", 800, invt="31052026I000000001"),
    format_receipt(DocumentKind.LIST, new_id()),
    _bill(),
    _request(),
]
SEEDS += [_enveloped(SEEDS[0]), _enveloped(SEEDS[3])]
SIGNED = frozenset(
    signing.verify(message.parse(dxp.unwrap(body) if dxp.is_envelope(body) else body), CERTIFICATE) for body in SEEDS
)


def _reads(body: bytes) -> None:
    """The whole reader: what it lets through is what was signed, word for word."""
    try:
        read = read_message(body, "http", CERTIFICATE)
    except (WrongSchema, ForgedReceipt) as refusal:
        assert refusal.message("zh") != refusal.message("en")
        return
    inner = dxp.unwrap(body) if dxp.is_envelope(body) else body
    assert signing.verify(message.parse(inner), CERTIFICATE) in SIGNED
    assert read.touches or read.bills


def test_the_seeds_are_read() -> None:
    for body in SEEDS[:4] + SEEDS[5:]:
        assert read_message(body, "http", CERTIFICATE).arrival.size == len(body)


TOKENS: Sequence[bytes] = [
    b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"&x;", b"&lt;", b"&#0;", b"&#x110000;", b"&#xD800;", b"<![CDATA[", b"]]>",
    b"<!--", b"-->", b"<?x?>", b"<?xml version='1.1' encoding='utf-16'?>", b"<?xml version='1.0' encoding='gbk'?>",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0", b"\x80", b"\xf8\xbf", b"xmlns='urn:x'", b"xmlns:ceb=''",
    b"xml:base='..'", b"xml:id='a'", b"xmlns:ds='a/b'", b"</ceb:OrderReturn>", b"<ceb:OrderReturn>", b"<ds:Signature>",
    b"800", b"-1", b"9" * 30, b"20260231120000000", b" " * 500, "张".encode(), "张".encode("gbk"), b"<DxpMsg>",
    b"DxpMsg", DXP.encode(), b"PGEvPg==", b"#sm2-sm3", b"http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3",
    b'"', b"'", b"<", b">", b"&", b"",
]  # fmt: skip


def _spoilt(body: bytes, chance: random.Random, times: int) -> bytes:
    for _ in range(times):
        body = _spoilt_once(body, chance)
    return body


def _spoilt_once(body: bytes, chance: random.Random) -> bytes:
    """Bytes changed, a token put in, a piece cut, doubled or moved."""
    at, to = sorted((chance.randrange(len(body) + 1), chance.randrange(len(body) + 1)))
    to = min(to, at + chance.choice((1, 4, 40, 400)))
    before, piece, after = body[:at], body[at:to], body[to:]
    return chance.choice(
        (
            before + chance.choice(TOKENS) + after,
            before + bytes(chance.randrange(256) for _ in piece[:8]) + after,
            before + after,
            before + piece * chance.choice((2, 3, 50)) + after,
            before + after + piece,
        )
    )


@settings(max_examples=many(150))
@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 6))
def test_bytes_spoilt_anywhere(seed: bytes, chance: int, times: int) -> None:
    _reads(_spoilt(seed, random.Random(chance), times))


@settings(max_examples=many(150))
@given(
    st.sampled_from(SEEDS[:5]), st.integers(0, 2**32), st.sampled_from(["utf-8", "utf-16", "utf-32", "gbk", "utf-7"])
)
def test_texts_spoilt_in_any_encoding_and_in_an_envelope(seed: bytes, chance: int, encoding: str) -> None:
    text = _spoilt(seed, random.Random(chance), 2).decode("utf-8", "replace")
    text = text.replace("UTF-8", encoding, 1)
    body = text.encode(encoding, "replace")
    _reads(body)
    _reads(_enveloped(body))


def _changes(root: etree._Element, chance: random.Random) -> None:
    """One change of the tree, as somebody would make who knows XML."""
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    one, other = chance.choice(elements), chance.choice(elements)
    parent = one.getparent()

    def again() -> None:
        if parent is not None:
            parent.append(deepcopy(one))

    def gone() -> None:
        if parent is not None:
            parent.remove(one)

    def moved() -> None:
        if parent is not None and one not in list(other.iterancestors()) and one is not other:
            other.append(one)

    ways: list[Callable[[], object]] = [
        again,
        gone,
        moved,
        lambda: setattr(one, "text", chance.choice(("", "800", "x" * 2_000, " ", "张", "31052026I000000001"))),
        lambda: setattr(one, "tail", chance.choice((" ", "x"))),
        lambda: one.insert(0, etree.Comment("x")),
        lambda: one.insert(0, etree.ProcessingInstruction("x", "y")),
        lambda: one.set(chance.choice(("Algorithm", "URI", "guid", "x")), chance.choice(("", "#x", "1"))),
        lambda: setattr(one, "tag", chance.choice(elements).tag),
        lambda: setattr(one, "tag", "{urn:x}" + etree.QName(one).localname),
        lambda: setattr(one, "tag", f"{{{CEB}}}" + chance.choice([*ANSWERS, *(m.root for m in MESSAGES.values())])),
    ]
    chance.choice(ways)()


@settings(max_examples=many(150))
@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 4))
def test_trees_changed_by_somebody_who_knows_xml(seed: bytes, seed_of: int, times: int) -> None:
    chance = random.Random(seed_of)
    root = etree.fromstring(seed)
    for _ in range(times):
        _changes(root, chance)
    _reads(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


@settings(max_examples=many(150))
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_a_signer_may_say_what_it_likes_and_is_still_read_or_refused(seed_of: int, times: int) -> None:
    """The port itself sends nonsense, rightly signed: the schema has the last word."""
    chance = random.Random(seed_of)
    root = etree.fromstring(chance.choice(SEEDS[:4]))
    root.remove(root[-1])
    for _ in range(times):
        _changes(root, chance)
    who = chance.choice((identity("port"), sm2_identity()))
    try:
        sign(root, who)
    except signing.BadSignature:  # no canonical form
        return
    try:
        read_message(travelling(root), "http", who.certificate)
    except (WrongSchema, ForgedReceipt):
        return
    assert etree.QName(root).localname in ANSWERS
