"""Texts of faults without personal data. Errors of a database quote the row they refuse ("DETAIL: Key (email)=(…)")
or the value they cannot read; a log and a list of failures must not keep them."""

from __future__ import annotations

import re

import psycopg

# A quoted row may hold line breaks of its own: it ends where PostgreSQL's next field or Python's next section begins.
_NEXT = r"\n(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE \d+): |\n\n(?:The above|During handling)|\nTraceback |\Z"
_QUOTED = re.compile(rf"^(DETAIL|CONTEXT|QUERY|STATEMENT|LINE \d+):.*?(?={_NEXT})", re.MULTILINE | re.DOTALL)
_VALUE = re.compile(r':\s+".*"', re.DOTALL)  # invalid input syntax for type integer: "…"; names stand without a colon
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z-])[1-9]\d{5}(?:19|20)\d{9}[\dXx](?![0-9A-Za-z-])"  # resident ID number
    r"|(?<![0-9A-Za-z.-])(?:\+?86)?1[3-9]\d{9}(?![0-9A-Za-z-])"  # mobile number in China
    r"|(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+"  # e-mail address; no word is looked at twice, however long
)


def discreet(text: str) -> str:
    """The text with ID numbers, mobile numbers, e-mail addresses and quoted database rows struck out."""
    return _PERSONAL.sub("[personal]", _QUOTED.sub(r"\1: [withheld]", text))


def fault(error: BaseException) -> str:
    """What went wrong, in one text that may be kept: the error's type and words, of a database error only its own."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(cause, psycopg.Error) and cause.diag.message_primary:
        where = cause.diag.constraint_name or cause.diag.column_name or cause.diag.table_name
        words = _VALUE.sub(": [withheld]", cause.diag.message_primary)
        told = " ".join(part for part in (words, f"({cause.sqlstate})", where and f"at {where}") if part)
    else:
        told = str(error)
    return discreet(f"{type(error).__name__}: {told}")
