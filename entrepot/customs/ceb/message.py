"""CEB messages as XML: made from plain values by the element tables, read back into texts by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from lxml import etree

from entrepot.customs.ceb import schema
from entrepot.customs.ceb.tables import ANSWERS, CEB, LINES_MAX, MESSAGES, TRANSFER, VERSION, XSI, Answer, Entity, Field
from entrepot.customs.types import DocumentKind
from entrepot.kit.clock import CHINA

BODY_MAX_BYTES = 1024 * 1024
ENCODINGS = frozenset({"utf-8", "ascii", "us-ascii", "gb2312", "gbk", "gb18030"})
_PLACES = Decimal("0.00001")

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


def build(kind: DocumentKind, *, id_: UUID, head: Values, lines: Sequence[Values], transfer: Values) -> etree._Element:
    """The unsigned message with one business object. Raises NotWellMade when the values do not fit the tables."""
    message = MESSAGES[kind]
    if len(lines) > LINES_MAX:
        raise NotWellMade(f"{message.root}: more than {LINES_MAX} lines")
    root = etree.Element(_name(message.root), nsmap={"ceb": CEB, "xsi": XSI})
    root.set("guid", guid(id_))
    root.set("version", VERSION)
    bearer = etree.SubElement(root, _name(message.body)) if message.body else root
    _add(bearer, message.head, head)
    if message.line is not None:
        for line in lines:
            _add(bearer, message.line, line)
    _add(root, TRANSFER, transfer)
    return root


def check(root: etree._Element) -> None:
    """Hold a message against the schema. Raises NotWellMade."""
    faults = schema.faults(root)
    if faults:
        raise NotWellMade(*faults)


def to_bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _name(local: str) -> str:
    return f"{{{CEB}}}{local}"


def _add(parent: etree._Element, entity: Entity, values: Values) -> None:
    strange = values.keys() - entity.names
    if strange:
        raise NotWellMade(f"{entity.name}: no element {', '.join(sorted(strange))}")
    element = etree.SubElement(parent, _name(entity.name))
    for field in entity.fields:
        text = _text(entity, field, values.get(field.name))
        if text:
            etree.SubElement(element, _name(field.name)).text = text


def _text(entity: Entity, field: Field, value: Any) -> str:
    """The value as the element's text; empty for an optional element that is left out."""
    text = _written(field, value)
    if not text and not field.optional:
        raise NotWellMade(f"{entity.name}.{field.name}: missing")
    if not all(character.isprintable() for character in text):
        raise NotWellMade(f"{entity.name}.{field.name}: unprintable characters")
    return text


def _written(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(CHINA).strftime("%Y%m%d%H%M%S")
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, UUID):
        return guid(value)
    if isinstance(value, int) and field.type in "ni":
        return str(value)
    if isinstance(value, str):
        return value.strip()
    raise TypeError(f"{field.name}: {type(value).__name__}")


def decimal_text(value: Decimal) -> str:
    """Plain digits with at most five places and no trailing zeros. Raises NotWellMade for more places."""
    if value != value.quantize(_PLACES):
        raise NotWellMade("more than five decimal places")
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse(body: bytes) -> etree._Element:
    """The root of received bytes. No document type, no entities, no network, known encodings. Raises NotWellMade."""
    if len(body) > BODY_MAX_BYTES:
        raise NotWellMade(f"larger than {BODY_MAX_BYTES} bytes")
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


def read_answer(root: etree._Element) -> tuple[Answer, list[Texts]]:
    """The returns of a receipt by element name. Unknown elements are passed over. Raises NotWellMade."""
    answer = ANSWERS.get(etree.QName(root).localname) if root.tag.startswith(f"{{{CEB}}}") else None
    if answer is None:
        raise NotWellMade("no receipt of this schema")
    known = _known_part(root, answer)
    check(known)
    return answer, [_texts(body) for body in known.iterfind(_name(answer.body.name))]


def _known_part(root: etree._Element, answer: Answer) -> etree._Element:
    """A copy with the elements of our table only, in its order: real ports add some and move others about."""
    copy = etree.Element(root.tag, nsmap={"ceb": CEB})
    for name in ("guid", "version"):
        if root.get(name) is not None:
            copy.set(name, root.get(name, ""))
    for body in root.iterfind(_name(answer.body.name)):
        kept = etree.SubElement(copy, body.tag)
        known = [element for field in answer.body.fields for element in body.iterfind(_name(field.name))]
        for element in known:
            if text := _flat(element):
                etree.SubElement(kept, element.tag).text = text
    return copy


def _flat(element: etree._Element) -> str:
    """The element's own text, comments left out, white space at the ends removed."""
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def _texts(element: etree._Element) -> Texts:
    return {local(child): _flat(child) for child in element if local(child)}
