"""Many receipts of one declaration at one moment, on the real database: no news is lost, the list is ordered once.

The control reads the row without locking it and must lose news; without it a green race proves nothing.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from entrepot.customs import reading, services
from entrepot.customs.models import Declaration, Number, Receipt
from entrepot.customs.rules.standing import THREE, Verdict
from entrepot.customs.services.telling import SEND
from entrepot.customs.tests.receipts import declaration, document, minutes, receipt
from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id

WAIT_S = 60
ROUNDS = 5

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("port_key")]


def _at_one_moment(bodies: list[bytes]) -> None:
    barrier = threading.Barrier(len(bodies), timeout=WAIT_S)

    def take(body: bytes) -> None:
        try:
            connection.ensure_connection()
            barrier.wait()
            services.take_receipt(body=body, headers={}, now=clock.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        list(pool.map(take, bodies))


def _one_round() -> tuple[bool, int]:
    """(whether all three documents stand as taken in, how often the list was ordered)."""
    made = declaration()
    bodies = [
        receipt(kind, document(made, kind).number, status, minutes(minute))
        for kind in THREE
        for status, minute in ((2, 0), (120, 1), (120, 1), (3, 0))
    ]
    _at_one_moment(bodies)
    row = Declaration.objects.get(id=made.id)
    taken = all(
        one.verdict is Verdict.TAKEN for kind, one in reading.standings_of(row.standing).items() if kind in THREE
    )
    assert Receipt.objects.filter(declaration_id=made.id).count() == len(bodies)
    return taken, ProcrastinateJob.objects.filter(task_name=SEND, args__declaration_id=str(made.id)).count()


def test_no_news_is_lost_and_the_list_is_ordered_once() -> None:
    assert [_one_round() for _ in range(ROUNDS)] == [(True, 1)] * ROUNDS


def test_without_the_lock_news_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sql.load("customs", "move")
    careless = whole.replace("FOR UPDATE OF c", "").replace("SELECT set_config(", "SELECT pg_sleep(0.02), set_config(")
    assert careless.count("FOR UPDATE") == 0
    original = sql.load
    monkeypatch.setattr(sql, "load", lambda context, verb: careless if verb == "move" else original(context, verb))
    assert [_one_round() for _ in range(ROUNDS)] != [(True, 1)] * ROUNDS


def test_two_declarations_can_never_use_one_number() -> None:
    """The table says no, whoever comes first."""
    key = {"kind": "411", "company": "C", "number": "1"}
    ids = [new_id() for _ in range(12)]
    barrier = threading.Barrier(len(ids), timeout=WAIT_S)

    def take(declaration_id: object) -> int:
        try:
            connection.ensure_connection()
            barrier.wait()
            return sql.run(
                "INSERT INTO customs_number (id, kind, company, number, declaration_id, at) VALUES (%s, %s, %s, %s, %s,"
                " now()) ON CONFLICT (kind, company, number) DO NOTHING",
                (new_id(), *key.values(), declaration_id),
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(len(ids)) as pool:
        assert sum(pool.map(take, ids)) == 1
    assert Number.objects.filter(**key).count() == 1
