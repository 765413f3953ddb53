"""Log lines without personal data: what slips into a message or a traceback is struck out before it is written.

Nothing of ours logs such data; this is the net below: database errors quote the row they refuse ("DETAIL: Key
(email)=(…)"), libraries quote what they were given.
"""

from __future__ import annotations

import logging
import re

_DETAIL = re.compile(r"^(DETAIL|CONTEXT):.*(?:\n(?!\S).*)*", re.MULTILINE)
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z-])[1-9]\d{5}(?:19|20)\d{9}[\dXx](?![0-9A-Za-z-])"  # resident ID number
    r"|(?<![0-9A-Za-z.-])(?:\+?86)?1[3-9]\d{9}(?![0-9A-Za-z-])"  # mobile number in China
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail address
)


def discreet(text: str) -> str:
    """The text with ID numbers, mobile numbers, e-mail addresses and quoted database rows struck out."""
    return _PERSONAL.sub("[personal]", _DETAIL.sub(r"\1: [withheld]", text))


class Discreet(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))
