"""Pieces of the port's pages: tables, badges, time lines; escaped, persons masked, no script, no inline style."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlencode

from lxml import etree

from entrepot.sandbox.customs.answers import CHINA
from entrepot.sandbox.customs.faults import KINDS, REFUSALS, STATUSES
from entrepot.sandbox.customs.words import WORDS
from entrepot.sandbox.switchboard import LANGUAGES

_TONES = {
    "released": "good", "closed": "good", "accepted": "good", "bill_2": "good", "10000": "good", "sent": "good",
    "refused": "bad", "sent_back": "bad", "failed": "bad", "bill_3": "bad", "lost": "bad",
    "taken": "busy", "waits": "busy", "bill_1": "busy",
}  # fmt: skip
_NUMBERS_OF_PEOPLE = ("buyerIdNumber", "payerIdNumber", "buyerRegNo")
_PHONES = ("buyerTelephone", "consigneeTelephone", "telephone")
_NAMES = ("buyerName", "payerName", "consignee")


class Pen:
    """Writes in one language; `home` is the address the port's pages are under."""

    def __init__(self, n: int, home: str) -> None:
        self.n, self.home = n, home

    def word(self, code: str) -> str:
        return escape(WORDS.get(code, (code, code))[self.n])

    def link(self, path: str, text: str, **query: str) -> str:
        """`text` is HTML."""
        return f'<a href="{self.address(path, **query)}">{text}</a>'

    def address(self, path: str, **query: str) -> str:
        return escape(f"{self.home}{path}?{urlencode({**query, 'lang': LANGUAGES[self.n]})}")

    def kind(self, kind: str) -> str:
        return f"{escape(KINDS.get(kind, (kind, kind))[self.n])} <small>{escape(kind)}</small>"

    def badge(self, code: str) -> str:
        return f'<span class="badge {_TONES.get(code, "")}">{self.word(code)}</span>'

    def state(self, row: sqlite3.Row) -> str:
        """How a paper stands: for lists with the step it stays at."""
        code = row["state"]
        if code == "taken" and row["kind"] != "621":
            code = "accepted" if row["kind"] != "625" or row["status"] == 399 else code
        return f"{self.badge(code)} <small>{self.status(row['status'])}</small>"

    def status(self, status: int) -> str:
        words = STATUSES.get(status) or (REFUSALS[status][1] if status in REFUSALS else ("", ""))
        return f"{status} {escape(words[self.n])}" if status else ""

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        """Cells are HTML; on a narrow page each row becomes a card, its cells named by `data-name`."""
        body = "".join(
            "<tr>"
            + "".join(
                f'<td data-name="{self.word(h)}"><div>{cell}</div></td>' for h, cell in zip(heads, row, strict=True)
            )
            + "</tr>"
            for row in rows
        )
        if not body:
            return f'<p class="none">{self.word("none")}</p>'
        head = "".join(f'<th scope="col">{self.word(name)}</th>' for name in heads)
        return f'<table class="rows"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    def fields(self, values: Mapping[str, str]) -> str:
        return (
            "<dl>"
            + "".join(f"<dt>{escape(k)}</dt><dd>{escape(masked(k, v))}</dd>" for k, v in values.items())
            + "</dl>"
        )

    def paper(self, row: sqlite3.Row, receipts: Sequence[tuple[sqlite3.Row, str]]) -> str:
        """One document as a card: how it stands, its receipts in time, everything it said."""
        lines = json.loads(row["lines"])
        numbers = " · ".join(escape(number) for number in dict.fromkeys((row["number"], row["invt_no"])) if number)
        goods = "".join(f"<li>{self.fields(line)}</li>" for line in lines)
        inside = self.fields(json.loads(row["head"])) + (
            f"<h3>{self.word('lines')}</h3><ol>{goods}</ol>" if goods else ""
        )
        return (
            f'<section class="card"><h2>{self.kind(row["kind"])} {self.state(row)}</h2>'
            f'<p class="numbers">{numbers} · {moment(row["at"])}</p>'
            f"{self.time_line(receipts)}<details><summary>{self.word('all_fields')}</summary>{inside}</details></section>"
        )

    def time_line(self, receipts: Sequence[tuple[sqlite3.Row, str]]) -> str:
        if not receipts:
            return ""
        told = sorted(((_read(row["body"]), row["status"], fate) for row, fate in receipts), key=lambda one: one[0][0])
        items = "".join(
            f'<li class="{_tone(status)}"><time>{_spaced(at)}</time> <strong>{self._said(status)}</strong>'
            f" {self.badge(fate)}<br><small>{escape(info)}</small></li>"
            for (at, info), status, fate in told
        )
        return f'<ol class="line" aria-label="{self.word("receipts")}">{items}</ol>'

    def _said(self, status: int) -> str:
        if status in (816, 818, 900):
            return {816: "CEB816", 818: "CEB818", 900: "CEB900"}[status]
        return self.status(status)


def _tone(status: int) -> str:
    if status < 0 or status in (4, 100, 700, 900):
        return "bad"
    if status in (500, 501, 502, 503, 599, 300):
        return "busy"
    return "good" if status in (399, 800, 899) else ""


def _read(body: bytes) -> tuple[str, str]:
    """(returnTime, what it says) of a receipt as written."""
    root = etree.fromstring(body)
    texts = {etree.QName(one).localname: one.text or "" for one in root.iter() if isinstance(one.tag, str)}
    if "taxNo" in texts:
        return texts["returnTime"], f"{texts['taxNo']} · {texts['status']}"
    return texts.get("returnTime", ""), texts.get("returnInfo", "")


def _spaced(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]} {digits[8:10]}:{digits[10:12]}:{digits[12:14]}"


def moment(at: float) -> str:
    return f"<time>{datetime.fromtimestamp(at, CHINA):%Y-%m-%d %H:%M:%S}</time>"


def masked(name: str, text: str) -> str:
    """Numbers, phones, names and addresses of people as a page may show them."""
    if name in _NUMBERS_OF_PEOPLE:
        return id_number(text)
    if name in _PHONES:
        return f"***{text[-4:]}" if len(text) > 4 else "***"
    if name in _NAMES:
        return person_name(text)
    return f"{text[:6]}***" if name == "consigneeAddress" else text


def id_number(text: str) -> str:
    return f"{text[:3]}{'*' * max(len(text) - 5, 3)}{text[-2:]}" if len(text) > 5 else "***"


def person_name(text: str) -> str:
    return f"{text[:1]}{'*' * max(len(text) - 1, 1)}" if text else ""
