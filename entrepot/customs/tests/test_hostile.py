"""Hostile input by every way in, for some time: it ends in a value or in a named refusal, soon, and changes nothing.

Short here; `make fuzz` goes on for ten minutes and holds each input to a second of CPU as well. What
breaks is written to `FUZZ_KEEP` (var/fuzz), named after the seed that makes it again.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from entrepot.customs import services
from entrepot.customs.ceb import dxp, message, signing
from entrepot.customs.models import Arrival, Declaration, Receipt
from entrepot.customs.services import receipts
from entrepot.customs.tests.hostile import Input, made
from entrepot.customs.tests.receipts import declaration
from entrepot.customs.tests.test_fuzz import CERTIFICATE, SIGNED
from entrepot.kit import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("port_key")]
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
KEEP = Path(os.environ.get("FUZZ_KEEP", "var/fuzz"))
SHORT, CPU_S_MAX = 400, 1.0
REFUSED = (services.WrongSchema, services.ForgedReceipt, services.UnknownDocument)


def _read(one: Input) -> str:
    """The reader alone: envelope, message, signature."""
    try:
        for body in receipts.delivered(one.body, one.headers):
            receipts.read_message(body, "http", CERTIFICATE)
            inner = dxp.unwrap(body) if dxp.is_envelope(body) else body
            assert signing.verify(message.parse(inner), CERTIFICATE) in SIGNED  # word for word
    except REFUSED as refusal:
        return refusal.code
    return "read"


def _taken(one: Input) -> str:
    """The verb, into the database."""
    try:
        return f"taken {services.take_receipt(body=one.body, headers=one.headers, now=clock.now())}"
    except REFUSED as refusal:
        return refusal.code


def _posted(one: Input) -> str:
    """A carrier's program posts it."""
    kind = one.headers.get("Content-Type", "").encode("ascii", "ignore").decode().replace("\r\n", " ")
    answer = Client().generic("POST", "/callbacks/customs", one.body, content_type=kind)
    assert answer.status_code in (204, 400, 401, 404, 413), answer.status_code
    return str(answer.status_code)


def _dropped(one: Input, folder: Path) -> str:
    """It lies in the folder."""
    (folder / "in").mkdir(parents=True, exist_ok=True)
    (folder / "in" / "1.xml").write_bytes(one.body)
    count = services.collect(now=clock.now() + timedelta(minutes=1))
    assert not list((folder / "in").iterdir())
    return f"collected {count}"


@pytest.fixture
def ways(settings: Any, tmp_path: Path) -> list[tuple[str, int, Callable[[Input], str]]]:
    """Name, how often of 20, and way in."""
    settings.CUSTOMS_TRANSPORT, settings.CUSTOMS_FOLDER = "folder", str(tmp_path / "customs")
    folder = tmp_path / "customs"
    return [
        ("reader", 14, _read),
        ("verb", 2, _taken),
        ("HTTP", 2, _posted),
        ("folder", 2, lambda one: _dropped(one, folder)),
    ]


@contextmanager
def _kept_where_it_breaks(one: Input, name: str) -> Iterator[None]:
    fine = False
    try:
        yield
        fine = True
    finally:
        if not fine:
            KEEP.mkdir(parents=True, exist_ok=True)
            (KEEP / f"{name}.bin").write_bytes(one.body)
            (KEEP / f"{name}.txt").write_text(f"{one.kind}\n{dict(one.headers)!r}\n")


def test_whatever_comes_by_whatever_way_is_read_or_refused_by_name(
    ways: Any, capsys: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    mine = declaration()
    before = Declaration.objects.values().get(id=mine.id)
    ways_in, names, weights = {way[0]: way[2] for way in ways}, [way[0] for way in ways], [way[1] for way in ways]
    begin, told, slowest = time.monotonic(), Counter[str](), (0.0, "")
    n = 0
    while n < SHORT if not SECONDS else time.monotonic() - begin < SECONDS:
        n += 1
        seed = f"{SEED}-{n}"
        chance = random.Random(seed)
        one, name = made(chance), chance.choices(names, weights)[0]
        with _kept_where_it_breaks(one, f"{seed}-{name}"):
            began = time.process_time()
            told[f"{name}: {ways_in[name](one)}"] += 1
            spent = time.process_time() - began
            slowest = max(slowest, (spent, f"{one.kind} by {name}, {len(one.body):,} bytes, seed {seed}"))
            assert not SECONDS or spent <= CPU_S_MAX
        if n % 500 == 0:
            Arrival.objects.exclude(outcome="").delete()  # or the limit an hour keeps the rest out of the database
    with capsys.disabled():
        if SECONDS:
            print(f"\n{n:,} inputs; slowest {slowest[0]:.2f} s of CPU: {slowest[1]}")
            for what, count in sorted(told.items()):
                print(f"  {what:<40}{count:>9,}")
    assert Declaration.objects.values().get(id=mine.id) == before
    assert not Receipt.objects.exists()
    assert len({what.partition(":")[0] for what in told}) == len(ways)
