"""The schema of our own, generated from the element tables: what we send and what we take is held against it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from io import BytesIO

from lxml import etree

from entrepot.customs.ceb.tables import (
    ANSWERS,
    BODIES_MAX,
    CEB,
    DXP,
    ENVELOPE_HEAD,
    ENVELOPE_RECEIVER,
    ENVELOPE_TAIL,
    LINES_MAX,
    MESSAGES,
    RECEIVERS_MAX,
    SUBSCRIBE,
    TRANSFER,
    VERSION,
    Answer,
    Entity,
    Field,
    Message,
)

SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
_SUBSCRIBES_MAX = 5
_FAULTS_MAX = 10  # told of one message
_DATE = "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
_TIME = "([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_PATTERNS = {
    "t8": _DATE,
    "t14": _DATE + _TIME,
    "t17": _DATE + _TIME + "[0-9]{3}",
    "g": "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}",
    "v": "[0-9]{8}[IE][0-9]{9}",
    "z": "-?[0-9]{1,9}",
}


def _simple_type(name: str) -> str:
    """The named type of one letter and size of the notation."""
    letter, size = name[0], name[1:]
    if name in _PATTERNS:
        return _restriction(name, "xs:string", f'<xs:pattern value="{_PATTERNS[name]}"/>')
    if letter == "n":
        facets = '<xs:totalDigits value="19"/><xs:fractionDigits value="5"/><xs:minInclusive value="0"/>'
        return _restriction(name, "xs:decimal", facets)
    if letter == "i":
        return _restriction(name, "xs:nonNegativeInteger", f'<xs:totalDigits value="{size}"/>')
    if letter == "x":
        return _restriction(name, "xs:string", f'<xs:length value="{size}"/>')
    return _restriction(name, "xs:string", f'<xs:minLength value="1"/><xs:maxLength value="{size}"/>')


def _restriction(name: str, base: str, facets: str) -> str:
    return f'<xs:simpleType name="{name}"><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>'


def _element(name: str, inside: str, lowest: int = 1, highest: int = 1) -> str:
    return f'<xs:element name="{name}" minOccurs="{lowest}" maxOccurs="{highest}">{inside}</xs:element>'


def _sequence(*parts: str, attributes: str = "") -> str:
    return f"<xs:complexType><xs:sequence>{''.join(parts)}</xs:sequence>{attributes}</xs:complexType>"


def _content(entity: Entity) -> str:
    return _sequence(*(_field(field) for field in entity.fields))


def _field(field: Field) -> str:
    optional = ' minOccurs="0"' if field.optional else ""
    return f'<xs:element name="{field.name}" type="c:{_notation(field)}"{optional}/>'


def _notation(field: Field) -> str:
    return f"{field.type}{field.size or ''}"


_ATTRIBUTES = (
    '<xs:attribute name="guid" use="required" type="c:guid"/>'
    f'<xs:attribute name="version" use="required" fixed="{VERSION}"/>'
)


def _signature(needed: bool) -> str:
    return f'<xs:any namespace="{SIGNATURE}" processContents="skip" minOccurs="{int(needed)}"/>'


def _bodies(message: Message | Answer) -> str:
    """The business objects below the root."""
    head = _content(message.head)
    if not message.body:
        return _element(message.head.name, head, 1, BODIES_MAX)
    parts = [_element(message.head.name, head)]
    if message.line is not None:
        parts.append(_element(message.line.name, _content(message.line), int(isinstance(message, Message)), LINES_MAX))
    return _element(message.body, _sequence(*parts), 1, BODIES_MAX)


def _request(message: Message) -> str:
    extend = '<xs:element name="ExtendMessage" minOccurs="0"/>'
    inside = _sequence(
        _bodies(message),
        _element(TRANSFER.name, _content(TRANSFER)),
        _element(SUBSCRIBE.name, _content(SUBSCRIBE), 0, _SUBSCRIBES_MAX),
        extend,
        _signature(message.signed),
        attributes=_ATTRIBUTES,
    )
    return f'<xs:element name="{message.root}">{inside}</xs:element>'


def _answer(answer: Answer) -> str:
    inside = _sequence(_bodies(answer), _signature(False), attributes=_ATTRIBUTES)
    return f'<xs:element name="{answer.root}">{inside}</xs:element>'


@cache
def text() -> bytes:
    """The schema document of the messages, indented for people."""
    entities = [TRANSFER, SUBSCRIBE]
    messages: list[Message | Answer] = [*MESSAGES.values(), *ANSWERS.values()]
    for message in messages:
        entities += [message.head] if message.line is None else [message.head, message.line]
    guid = _restriction("guid", "xs:string", '<xs:pattern value="[0-9A-Za-z-]{36}"/>')
    return _document(CEB, entities, guid, *map(_request, MESSAGES.values()), *map(_answer, ANSWERS.values()))


@cache
def envelope_text() -> bytes:
    """The schema document of the transport envelope. What carriers add at its end is passed over."""
    receivers = [
        f'<xs:element name="{field.name}" type="c:{_notation(field)}" maxOccurs="{RECEIVERS_MAX}"/>'
        for field in ENVELOPE_RECEIVER.fields
    ]
    about = _sequence(
        *map(_field, ENVELOPE_HEAD.fields),
        _element(ENVELOPE_RECEIVER.name, _sequence(*receivers)),
        *map(_field, ENVELOPE_TAIL.fields),
    )
    rest = '<xs:any namespace="##any" processContents="skip" minOccurs="0" maxOccurs="unbounded"/>'
    data = '<xs:element name="Data" type="xs:base64Binary"/>'
    inside = _sequence(_element("TransInfo", about), data, rest, attributes='<xs:attribute name="ver" fixed="1.0"/>')
    entities = [ENVELOPE_HEAD, ENVELOPE_RECEIVER, ENVELOPE_TAIL]
    return _document(DXP, entities, f'<xs:element name="DxpMsg">{inside}</xs:element>')


def _document(space: str, entities: Sequence[Entity], *parts: str) -> bytes:
    names = sorted({_notation(field) for entity in entities for field in entity.fields})
    opening = (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="{space}" targetNamespace="{space}" '
        'elementFormDefault="qualified">'
    )
    tree = etree.parse(BytesIO(f"{opening}{''.join([*map(_simple_type, names), *parts])}</xs:schema>".encode()))
    etree.indent(tree)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8") + b"\n"


MESSAGE, ENVELOPE = "message", "envelope"
_TEXTS = {MESSAGE: text, ENVELOPE: envelope_text}
_mine = threading.local()
_compiling = threading.Lock()


def _compiled(name: str) -> etree.XMLSchema:
    """One per thread: a compiled schema keeps the errors of its last validation."""
    if not hasattr(_mine, name):
        with _compiling:  # libxml2 sets up its built-in types at the first one, without a lock of its own
            setattr(_mine, name, etree.XMLSchema(etree.fromstring(_TEXTS[name]())))
    schema: etree.XMLSchema = getattr(_mine, name)
    return schema


def faults(root: etree._Element, name: str = MESSAGE) -> list[str]:
    """Where it breaks the schema, as "element: rule" without its content; empty when it is well made."""
    schema = _compiled(name)
    if schema.validate(root):
        return []
    entries = list(schema.error_log)  # type: ignore[call-overload] # the stubs lack it
    return [_plain(entry.message) for entry in entries[:_FAULTS_MAX]]


def _plain(message: str) -> str:
    """libxml2's sentence without the value it quotes: values may be personal."""
    name = message.split("'")[1].rpartition("}")[2] if "'" in message else ""
    rule = message.split("[facet '")[1].split("'")[0] if "[facet '" in message else ""
    if rule:
        return f"{name}: {rule}"
    if "not expected" in message:
        return f"{name}: not expected here"
    if "Missing child" in message:
        return f"{name}: incomplete"
    return f"{name}: not allowed"
