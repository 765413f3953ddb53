"""Inputs that somebody hostile, or something broken, might send: grown from real messages, from grammars of entities
and bombs, and from nothing. All of it follows from a `random.Random`, so a find can be made again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from entrepot.customs.tests import test_fuzz as spoiling
from entrepot.customs.tests.receipts import delivery
from entrepot.kit.ids import new_id

BIG = 200_000  # bytes of one overlong thing
ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "utf-7",
    "gbk",
    "gb18030",
    "big5",
    "cp037",
    "latin-1",
    "shift_jis",
)
NAMES = ("utf-8", "UTF-16", "GBK", "gb2312", "EBCDIC-CP-US", "x-none", "utf-7", "ISO-10646-UCS-4", "", "utf-8\0")
ROOTS = ("CEB312Message", "CEB622Message", "CEB900Message", "CEB816Message", "DxpMsg", "a")


@dataclass(frozen=True, slots=True)
class Input:
    """What comes, the headers it comes with, and which generator made it."""

    kind: str
    body: bytes
    headers: Mapping[str, str]


def _entities(chance: random.Random) -> str:
    """A document type with entities: of files, of the network, of parameters, growing, or of themselves."""
    deep, wide = chance.randrange(1, 12), chance.randrange(1, 12)
    grown = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * wide}">' for n in range(deep))
    outside = chance.choice(("file:///etc/passwd", "http://127.0.0.1:9/x", "php://x", "/dev/zero", "jar:x!y", ""))
    return chance.choice(
        (
            f'<!ENTITY e0 "{"x" * wide}">{grown}',
            f'<!ENTITY e0 SYSTEM "{outside}">',
            f'<!ENTITY % e0 SYSTEM "{outside}"> %e0;',
            f"<!ENTITY % a \"<!ENTITY e0 SYSTEM '{outside}'>\"> %a;",
            '<!ENTITY e0 "&e1;"><!ENTITY e1 "&e0;">',
            f'<!ENTITY e0 PUBLIC "x" "{outside}" NDATA y><!NOTATION y SYSTEM "z">',
            f'<!ATTLIST a b CDATA "{"x" * chance.choice((1, BIG))}">',
        )
    )


def typed(chance: random.Random) -> bytes:
    """A message with a document type, in one of many encodings that may be said or hidden."""
    root = chance.choice(ROOTS)
    start = chance.choice(("<!DOCTYPE", "<!doctype", "<!DOCTYPE\n\t", "<!\nDOCTYPE"))
    told = chance.choice(NAMES)
    inside = chance.choice(("&e0;", "&e5;" * 100, "&#0;", "<b c='&e1;'/>", "<![CDATA[&e0;]]>"))
    text = f"<?xml version='1.0' encoding='{told}'?>{start} {root} [{_entities(chance)}]><{root}>{inside}</{root}>"
    return text.encode(chance.choice(ENCODINGS), "replace")


def bulky(chance: random.Random) -> bytes:
    """One thing far too often, too deep or too long."""
    n = chance.choice((300, 5_000, 60_000, BIG))
    space = 'xmlns="http://www.chinaport.gov.cn/ceb" guid="x" version="1.0"'
    ways: Sequence[Callable[[], str]] = (
        lambda: "<a>" * min(n, 100_000),
        lambda: "<a>" * 250 + "</a>" * 250,
        lambda: f"<a {' '.join(f'b{i}=' + chr(34) * 2 for i in range(n // 8))}/>",
        lambda: f"<a {' '.join(f'xmlns:b{i}=' + chr(34) + 'u' + chr(34) for i in range(n // 20))}/>",
        lambda: f"<{'a' * n}/>",
        lambda: f"<a b='{'x' * n}'/>",
        lambda: f"<a>{'&amp;' * (n // 5)}</a>",
        lambda: f"<a>{'<!---->' * (n // 7)}</a>",
        lambda: f"<a>{'<?b?>' * (n // 5)}</a>",
        lambda: f"<a>{'<![CDATA[]]>' * (n // 12)}</a>",
        lambda: f"<CEB622Message {space}>{'<InventoryReturn/>' * (n // 18)}</CEB622Message>",
        lambda: f"<CEB312Message {space}>{'<OrderReturn><guid>1</guid></OrderReturn>' * (n // 40)}</CEB312Message>",
        lambda: f'<a xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{"<ds:Signature/>" * (n // 15)}</a>',
        lambda: f'<DxpMsg xmlns="http://www.chinaport.gov.cn/dxp"><Data>{"A" * n}</Data></DxpMsg>',
        lambda: f'<DxpMsg xmlns="http://www.chinaport.gov.cn/dxp"><Data>{" " * n}</Data></DxpMsg>',
    )
    return chance.choice(ways)().encode()


def signed_badly(chance: random.Random) -> bytes:
    """A real message whose signature was changed by somebody who knows how they are made."""
    root = etree.fromstring(chance.choice(spoiling.SEEDS[:5]))
    parts = [one for one in root[-1].iter() if isinstance(one.tag, str)]
    for _ in range(chance.randrange(1, 4)):
        one = chance.choice(parts)
        chance.choice(
            (
                lambda one=one: one.set(
                    "Algorithm", chance.choice(("", "x", "http://www.w3.org/2001/04/xmldsig#sha256"))
                ),
                lambda one=one: one.set("URI", chance.choice(("#x", "file:///etc/passwd", "http://127.0.0.1:9/"))),
                lambda one=one: setattr(one, "text", chance.choice(("", "AAAA", "=", "A" * BIG, "签", "\u00a0"))),
                lambda one=one: one.append(etree.Element(chance.choice(parts).tag)),
                lambda one=one: one.clear(),
            )
        )()
    return etree.tostring(root, xml_declaration=True, encoding=chance.choice(("UTF-8", "UTF-16", "GBK")))


def parts(chance: random.Random) -> tuple[bytes, Mapping[str, str]]:
    """A delivery of several messages, whole, cut, nested or with a wrong mark between them."""
    body, headers = delivery([spoilt(chance) for _ in range(chance.choice((1, 2, 5)))])
    mark = headers["Content-Type"].partition('"')[2].strip('"').encode()
    deep = chance.choice((2, 50, 3_000))
    nested = b"".join(b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1) for n in range(deep))
    return chance.choice(
        (
            (spoiling._spoilt(body, chance, 3), headers),
            (body, {"Content-Type": "multipart/mixed"}),
            (body, {"Content-Type": f'multipart/mixed; boundary="{"x" * 5_000}"'}),
            (body, {"Content-Type": "multipart/mixed; boundary*=utf-7''%FF%00"}),
            (body, {"Content-Type": 'multipart/mixed; boundary="\udcff\r\nX: y"'}),
            (body.replace(b"application/xml", b"message/rfc822"), headers),
            (body.replace(b"application/xml", b"application/xml\r\nContent-Transfer-Encoding: base64"), headers),
            (body.replace(b"application/xml", b"application/xml\r\nContent-Transfer-Encoding: x-uuencode"), headers),
            ((b"--" + mark + b"\r\n\r\n") * chance.choice((101, 20_000)), headers),
            (nested, {"Content-Type": "multipart/mixed; boundary=0"}),
        )
    )


def spoilt(chance: random.Random) -> bytes:
    """A real message, spoilt anywhere."""
    return spoiling._spoilt(chance.choice(spoiling.SEEDS), chance, chance.randrange(1, 7))


def recoded(chance: random.Random) -> bytes:
    text = spoilt(chance).decode("utf-8", "replace").replace("UTF-8", chance.choice(NAMES), 1)
    return text.encode(chance.choice(ENCODINGS), "replace")


def changed(chance: random.Random) -> bytes:
    """A real message, its tree changed."""
    root = etree.fromstring(chance.choice(spoiling.SEEDS))
    for _ in range(chance.randrange(1, 5)):
        spoiling._changes(root, chance)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 7, 300, 20_000)))


MADE: Mapping[str, Callable[[random.Random], bytes]] = {
    "spoilt": spoilt, "recoded": recoded, "changed": changed, "signed badly": signed_badly, "typed": typed,
    "bulky": bulky, "noise": noise,
}  # fmt: skip


def made(chance: random.Random) -> Input:
    """The next input: one of every kind as often as another, some of them in an envelope."""
    kind = chance.choice((*MADE, "parts"))
    if kind == "parts":
        body, headers = parts(chance)
        return Input(kind, body, headers)
    body = MADE[kind](chance)
    if chance.random() < 0.25:
        body = spoiling._enveloped(body)
    return Input(kind, body, {"Content-Type": chance.choice(("application/xml", "", "text/plain", str(new_id())))})
