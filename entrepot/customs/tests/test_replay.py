"""The same receipts in any order, any number of times and in any messages end in the same state.

Some hundred receipts here, against the real database; `make replay` takes 10,000 of them, in four orders.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.customs import services
from entrepot.customs.rules.standing import THREE
from entrepot.customs.tests.receipts import _SHAPES, T0, declaration, delivery, document, receipt, signed
from entrepot.customs.types import DocumentKind
from entrepot.kit.clock import CHINA
from entrepot.kit.ids import new_id
from tests.examples import many

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("port_key")]
CAMPAIGN = int(os.environ.get("REPLAY_RECEIPTS", "0"))
SEED = int(os.environ.get("REPLAY_SEED", "1"))
STATUSES = (1, 2, 3, 4, 100, 120, 300, 399, 500, 501, 700, 800, 899, -301010, -621004, -621005, -621018)
MESSAGE_MAX = 100
# What a declaration, its documents and its receipts are in the end. How often and when a receipt came is no part of it.
STATE = (
    "SELECT id::text, state, held_code, list_number, standing::text, differences::text FROM customs_declaration"
    " ORDER BY id",
    "SELECT document_id::text, status, mark, info, returned_at, encode(sha256, 'hex') FROM customs_receipt"
    " ORDER BY document_id, sha256",
    "SELECT id::text, sent_at IS NULL FROM customs_document ORDER BY id",
)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that customs says: of which kind, and as an element."""

    kind: DocumentKind
    element: str


def _said(chance: random.Random, made: Any) -> Said:
    kind = chance.choice((*THREE, DocumentKind.LIST, DocumentKind.LIST))
    _, element, key = _SHAPES[kind]
    moment = (T0 + timedelta(milliseconds=chance.choice((0, 1, 1_000, chance.randrange(10**9))))).astimezone(CHINA)
    number = f"{kind}-{made.order_number}"[:20]
    invt = f"31052026I{chance.randrange(3):09}" if kind is DocumentKind.LIST and chance.random() < 0.5 else ""
    told = {"guid": str(new_id()).upper(), key: number, "invtNo": invt, "returnStatus": str(chance.choice(STATUSES))}
    told["returnTime"] = f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
    told["returnInfo"] = chance.choice(("", "说明"))
    inside = "".join(f"<ceb:{name}>{escape(text)}</ceb:{name}>" for name, text in told.items() if text)
    return Said(kind, f"<ceb:{element}>{inside}</ceb:{element}>")


def _messages(said: Sequence[Said], chance: random.Random) -> list[bytes]:
    """The receipts in messages of any size, which are what customs signs: they stay as they are from now on."""
    found = []
    for kind in {one.kind for one in said}:
        rest = [one.element for one in said if one.kind is kind]
        while rest:
            size = chance.choice((1, 1, 7, MESSAGE_MAX))
            found.append(signed("".join(rest[:size]), _SHAPES[kind][0]))
            rest = rest[size:]
    return found


def _come(messages: Sequence[bytes], chance: random.Random) -> None:
    """All of them in some order, each once or more often, alone or several in a delivery."""
    coming = [one for one in messages for _ in range(chance.choice((1, 1, 2, 3)))]
    chance.shuffle(coming)
    at = T0 + timedelta(days=20)
    while coming:
        size = chance.choice((1, 1, 2, 5))
        body, headers = (coming[0], {}) if size == 1 else delivery(coming[:size])
        coming = coming[size:]
        at += timedelta(seconds=1)
        services.take_receipt(body=body, headers=headers, now=at)


def _state() -> list[list[tuple[Any, ...]]]:
    found = []
    with connection.cursor() as cursor:
        for question in STATE:
            cursor.execute(question)
            found.append(cursor.fetchall())
    return found


def _ends(messages: Sequence[bytes], seed: str) -> list[list[tuple[Any, ...]]]:
    """The state after the messages came in an order of this seed; the database is as before."""
    with transaction.atomic():
        _come(messages, random.Random(seed))
        found = _state()
        transaction.set_rollback(True)
    return found


def _same(receipts: int, declarations: int, orders: int, seed: int) -> None:
    chance = random.Random(seed)
    made = [declaration(sent=chance.choice((THREE, (), (*THREE, DocumentKind.LIST)))) for _ in range(declarations)]
    messages = _messages([_said(chance, chance.choice(made)) for _ in range(receipts)], chance)
    before = _state()
    first = _ends(messages, f"{seed}-0")
    assert first[1] and first != before
    for n in range(1, orders):
        assert _ends(messages, f"{seed}-{n}") == first


def test_two_words_of_one_moment_end_in_the_greater_one() -> None:
    """Found by ten thousand receipts: one time, one status, two list numbers."""
    made = declaration(sent=(*THREE, DocumentKind.LIST))
    number = document(made, DocumentKind.LIST).number
    one, other = (receipt(DocumentKind.LIST, number, 800, invt=f"31052026I00000000{n}") for n in (1, 2))
    ends = []
    for order in ((one, other), (other, one)):
        with transaction.atomic():
            for body in order:
                services.take_receipt(body=body, headers={}, now=T0)
            ends.append(_state())
            transaction.set_rollback(True)
    assert ends[0] == ends[1]
    assert ends[0][0][0][3] == "31052026I000000002"


@settings(max_examples=many(6))
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 8))
def test_any_order_and_repetition_ends_in_the_same_state(seed: int, receipts: int, declarations: int) -> None:
    with transaction.atomic():
        _same(receipts, declarations, 3, seed)
        transaction.set_rollback(True)


def test_hundreds_of_receipts_end_in_one_state() -> None:
    _same(CAMPAIGN or 300, (CAMPAIGN or 300) // 20, 4 if CAMPAIGN else 2, SEED)
