"""CEB messages as XML: made from plain values by the element tables, read back into texts by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

from lxml import etree

from entrepot.customs.ceb import schema
from entrepot.customs.ceb.tables import (
    ANSWERS,
    BODIES_MAX,
    CEB,
    LINES_MAX,
    MESSAGES,
    TRANSFER,
    VERSION,
    XSI,
    Answer,
    Entity,
    Field,
    Message,
)
from entrepot.customs.types import DocumentKind
from entrepot.kit.clock import CHINA

BODY_MAX_BYTES = 1024 * 1024
ENCODINGS = frozenset({"utf-8", "ascii", "us-ascii", "gb2312", "gbk", "gb18030"})
_MARK_BYTES = 8
_PLACES_MAX, _DIGITS_MAX = 5, 19

Values = Mapping[str, Any]
Texts = Mapping[str, str]


class NotWellMade(Exception):
    """The bytes are no message of the schema. `faults` name elements and rules, never content."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


def guid(id_: UUID) -> str:
    """An identifier as CEB wants it: 36 characters, upper case."""
    return str(id_).upper()


@dataclass(frozen=True, slots=True)
class Body:
    """One business object: head and lines by element name, as plain values to write or as texts that were read."""

    head: Values
    lines: Sequence[Values] = ()


def write(kind: DocumentKind, *, id_: UUID, bodies: Sequence[Body], transfer: Values) -> bytes:
    """The unsigned message with 1 to 100 business objects, in canonical form (C14N 1.0): what is written is what is
    hashed. Raises NotWellMade when the values do not fit the tables."""
    message = MESSAGES[kind]
    if not 0 < len(bodies) <= BODIES_MAX:
        raise NotWellMade(f"{message.root}: 1 to {BODIES_MAX} documents in a message")
    return joined(kind, id_=id_, parts=[_body(message, body).encode() for body in bodies], tail=closing(kind, transfer))


def joined(kind: DocumentKind, *, id_: UUID, parts: Sequence[bytes], tail: bytes) -> bytes:
    """A message of business objects that are written already, as `part` cuts them out, and what follows them."""
    opening = f'<ceb:{MESSAGES[kind].root} xmlns:ceb="{CEB}" xmlns:xsi="{XSI}" guid="{guid(id_)}" version="{VERSION}">'
    return b"".join((opening.encode(), *parts, tail))


def closing(kind: DocumentKind, transfer: Values) -> bytes:
    """What follows the business objects of an unsigned message."""
    return f"{_element(TRANSFER, transfer)}</ceb:{MESSAGES[kind].root}>".encode()


def cut(content: bytes) -> tuple[bytes, bytes]:
    """Of a message of ours: its business objects, and what follows them."""
    begin = content.index(b">", content.index(b"<ceb:CEB")) + 1
    end = content.index(f"<ceb:{TRANSFER.name}>".encode())  # no text has a "<" of its own
    return content[begin:end], content[end:]


def checked(content: bytes) -> bytes:
    """The content, held against the schema. Raises NotWellMade."""
    check(etree.fromstring(content))
    return content


def check(root: etree._Element) -> None:
    """Hold a message against the schema. Raises NotWellMade."""
    faults = schema.faults(root)
    if faults:
        raise NotWellMade(*faults)


def to_bytes(content: bytes) -> bytes:
    """What travels: the content with its XML declaration."""
    return b"<?xml version='1.0' encoding='UTF-8'?>\n" + content


def _name(local: str) -> str:
    return f"{{{CEB}}}{local}"


def _body(message: Message, body: Body) -> str:
    if len(body.lines) > LINES_MAX:
        raise NotWellMade(f"{message.root}: more than {LINES_MAX} lines")
    head = _element(message.head, body.head)
    if not message.body:
        return head
    lines = "" if message.line is None else "".join([_element(message.line, line) for line in body.lines])
    return f"<ceb:{message.body}>{head}{lines}</ceb:{message.body}>"


def _element(entity: Entity, values: Values) -> str:
    if not entity.names.issuperset(values):
        strange = ", ".join(sorted(set(values) - entity.names))
        raise NotWellMade(f"{entity.name}: no element {strange}")
    parts = [f"<ceb:{entity.name}>"]
    for field in entity.fields:
        name = field.name
        value = values.get(name)
        text = "" if value is None else _written(field, value)
        if text:
            parts.append(f"<ceb:{name}>{text}</ceb:{name}>")
        elif not field.optional:
            raise NotWellMade(f"{entity.name}.{name}: missing")
    parts.append(f"</ceb:{entity.name}>")
    return "".join(parts)


def _written(field: Field, value: Any) -> str:
    """The value as the element's text."""
    if isinstance(value, str):
        text = value.strip()
        if not text.isprintable():
            raise NotWellMade(f"{field.name}: unprintable characters")
        return escape(text) if "&" in text or "<" in text or ">" in text else text
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.astimezone(CHINA).strftime("%Y%m%d%H%M%S")
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    if isinstance(value, UUID):
        return guid(value)
    if isinstance(value, int) and field.type in "ni":
        return str(value)
    raise TypeError(f"{field.name}: {type(value).__name__}")


def decimal_text(value: Decimal) -> str:
    """Plain digits with at most five places and no trailing zeros. Raises NotWellMade for what is no such number."""
    if not value.is_finite() or value.adjusted() > _DIGITS_MAX:
        raise NotWellMade("no number of customs")
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
        if len(text.partition(".")[2]) > _PLACES_MAX:
            raise NotWellMade("more than five decimal places")
    return text


def moment(text: str) -> datetime:
    """A returnTime: 17 digits, China time, to the millisecond. Raises NotWellMade."""
    parts = (text[:4], text[4:6], text[6:8], text[8:10], text[10:12], text[12:14])
    try:
        year, month, day, hour, minute, second = map(int, parts)
        return datetime(year, month, day, hour, minute, second, int(text[14:]) * 1000, CHINA)
    except ValueError as wrong:
        raise NotWellMade("returnTime: not allowed") from wrong


def parse(body: bytes, bytes_max: int = BODY_MAX_BYTES) -> etree._Element:
    """The root of received bytes. No document type, no entities, no network, known encodings. Raises NotWellMade."""
    if len(body) > bytes_max:
        raise NotWellMade(f"larger than {bytes_max} bytes")
    if b"\0" in body[:_MARK_BYTES]:  # two or four bytes to a character: nothing below would see what it says
        raise NotWellMade("encoding not allowed")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise NotWellMade("document type not allowed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as wrong:
        raise NotWellMade("not well-formed XML") from wrong
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise NotWellMade("document type not allowed")
    if (info.encoding or "utf-8").lower() not in ENCODINGS:
        raise NotWellMade("encoding not allowed")
    return root


def local(element: etree._Element) -> str:
    """The name without namespace; empty for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


@dataclass(frozen=True, slots=True)
class Read:
    """A message of ours read back: the texts of its first business object."""

    kind: DocumentKind
    head: Texts
    lines: tuple[Texts, ...]


def read(body: bytes) -> Read:
    """What one of our own documents says. Raises NotWellMade for other bytes."""
    root = parse(body)
    message = next((m for m in MESSAGES.values() if root.tag == _name(m.root)), None)
    if message is None:
        raise NotWellMade("no request message")
    bearer = root.find(_name(message.body)) if message.body else root
    head = None if bearer is None else bearer.find(_name(message.head.name))
    if bearer is None or head is None:
        raise NotWellMade(f"{message.head.name}: missing")
    lines = bearer.findall(_name(message.line.name)) if message.line is not None else []
    return Read(message.kind, _texts(head), tuple(_texts(line) for line in lines))


def read_answer(root: etree._Element) -> tuple[Answer, list[Body]]:
    """What a receipt says, return by return, as texts. Unknown elements are passed over. Raises NotWellMade."""
    answer = ANSWERS.get(etree.QName(root).localname) if root.tag.startswith(f"{{{CEB}}}") else None
    if answer is None:
        raise NotWellMade("no receipt of this schema")
    bodies = None if schema.faults(root) else _bodies(root, answer)
    if bodies is None:
        known = _known_part(root, answer)
        check(known)
        bodies = _bodies(known, answer) or []
    return answer, bodies


def _bodies(root: etree._Element, answer: Answer) -> list[Body] | None:
    """The texts of a message that the schema allows. None where one is empty or has something around or in it: then
    what it comes down to is another message, and the schema has to see that."""
    bodies = []
    for bearer in root.iterfind(_name(answer.body or answer.head.name)):
        parts = [_plain_texts(one) for one in (bearer if answer.body else [bearer])]
        plain = [part for part in parts if part]
        if len(plain) < len(parts):
            return None
        bodies.append(Body(plain[0], plain[1:]))
    return bodies


def _known_part(root: etree._Element, answer: Answer) -> etree._Element:
    """A copy with the elements of our tables only, in their order: real ports add some and move others about."""
    copy = etree.Element(root.tag, nsmap={"ceb": CEB})
    for name in ("guid", "version"):
        if root.get(name) is not None:
            copy.set(name, root.get(name, ""))
    for bearer in root.iterfind(_name(answer.body or answer.head.name)):
        if not answer.body:
            _keep(copy, bearer, answer.head)
            continue
        kept = etree.SubElement(copy, bearer.tag)
        for entity in (answer.head,) if answer.line is None else (answer.head, answer.line):
            for element in bearer.iterfind(_name(entity.name)):
                _keep(kept, element, entity)
    return copy


def _keep(parent: etree._Element, element: etree._Element, entity: Entity) -> None:
    texts: dict[object, list[str]] = {}
    for child in element:
        if text := _flat(child):
            texts.setdefault(child.tag, []).append(text)
    kept = etree.SubElement(parent, element.tag)
    for field in entity.fields:
        name = _name(field.name)
        for text in texts.get(name, ()):
            etree.SubElement(kept, name).text = text


def _flat(element: etree._Element) -> str:
    """The element's own text, comments left out, white space at the ends removed."""
    if not len(element):
        return (element.text or "").strip()
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def _texts(element: etree._Element) -> Texts:
    return {local(child): _flat(child) for child in element if local(child)}


def _plain_texts(element: etree._Element) -> Texts | None:
    """Of an element that holds nothing but texts, none of them empty or padded; None for any other."""
    found: dict[str, str] = {}
    for child in element:
        text = child.text
        if not isinstance(child.tag, str) or not text or len(child) or text != text.strip():
            return None
        found[child.tag.rpartition("}")[2]] = text
    return found
