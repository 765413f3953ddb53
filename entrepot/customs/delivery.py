"""One HTTP delivery cut into its messages: a single one, or several as multipart/mixed (RFC 2046), one level deep.

Cut by hand: a general parser of mail goes down as deep as whoever writes to us likes.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from entrepot.customs.ceb.message import NotWellMade

MESSAGES_MAX = 100  # in one delivery
_KIND = "multipart/"
_MARK = re.compile(r"""^multipart/[^;]+;(?:.*;)?\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s";]{1,70}))""", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CODED = re.compile(rb"^content-transfer-encoding:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_NESTED = re.compile(rb"^content-type:[ \t]*multipart/", re.IGNORECASE | re.MULTILINE)
_PLAIN = (b"7bit", b"8bit", b"binary")


def messages(body: bytes, headers: Mapping[str, str]) -> list[bytes]:
    """The messages of a delivery, each byte for byte. Raises NotWellMade."""
    kind = headers.get("Content-Type", "")
    if not kind.lower().startswith(_KIND):
        return [body]
    named = _MARK.match(kind)
    if named is None:
        raise NotWellMade("multipart without a boundary")
    mark = re.escape(b"--" + (named[1] or named[2]).encode("latin-1", "replace"))
    found = []
    # What stands before the first mark and after the closing one is for people, and nothing.
    pieces = re.split(rb"(?:\A|\r?\n)%b(--)?[ \t]*(?=\r?\n|\Z)" % mark, body, maxsplit=MESSAGES_MAX + 2)
    for ended, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if ended:
            break
        found.append(_content(piece))
    if not 0 < len(found) <= MESSAGES_MAX:
        raise NotWellMade(f"1 to {MESSAGES_MAX} messages in one delivery")
    return found


def _content(part: bytes) -> bytes:
    """What a part carries, without its head."""
    if part.startswith((b"\r\n\r\n", b"\n\n")):
        return part.split(b"\n", 2)[2]
    end = _HEAD_END.search(part)
    if end is None:
        raise NotWellMade("a part without a head")
    head = part[: end.start()]
    if _NESTED.search(head):
        raise NotWellMade("multipart in multipart")
    coded = _CODED.search(head)
    how = coded[1].lower() if coded else b"8bit"
    if how in _PLAIN:
        return part[end.end() :]
    if how != b"base64":
        raise NotWellMade("unknown transfer encoding")
    try:
        return base64.b64decode(b"".join(part[end.end() :].split()), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise NotWellMade("a part that is not base64") from wrong
