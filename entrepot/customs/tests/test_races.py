"""Many receipts of one declaration at one moment, on the real database: no news is lost, the list is ordered once.

The control reads the row without locking it and must lose news; without it a green race proves nothing.
"""

from __future__ import annotations

from functools import partial

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from entrepot.customs import reading, services
from entrepot.customs.models import Declaration, Number, Receipt
from entrepot.customs.rules.standing import THREE, Verdict
from entrepot.customs.services.telling import SEND
from entrepot.customs.tests.receipts import declaration, document, minutes, receipt
from entrepot.kit import clock, sql
from entrepot.kit.ids import new_id
from entrepot.kit.tests.racing import PAUSE, meeting, racing

ROUNDS, RECEIPTS = 5, 12

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("port_key")]


def _take(body: bytes) -> int:
    return services.take_receipt(body=body, headers={}, now=clock.now())


def _one_round() -> tuple[bool, int]:
    """(whether all three documents stand as taken in, how often the list was ordered)."""
    made = declaration()
    bodies = [
        receipt(kind, document(made, kind).number, status, minutes(minute))
        for kind in THREE
        for status, minute in ((2, 0), (120, 1), (120, 1), (3, 0))
    ]
    assert racing([partial(_take, body) for body in bodies]) == ["1"] * RECEIPTS
    row = Declaration.objects.get(id=made.id)
    taken = all(
        one.verdict is Verdict.TAKEN for kind, one in reading.standings_of(row.standing).items() if kind in THREE
    )
    assert Receipt.objects.filter(declaration_id=made.id).count() == RECEIPTS
    return taken, ProcrastinateJob.objects.filter(task_name=SEND, args__declaration_id=str(made.id)).count()


def test_no_news_is_lost_and_the_list_is_ordered_once() -> None:
    assert [_one_round() for _ in range(ROUNDS)] == [(True, 1)] * ROUNDS


def test_without_the_lock_news_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sql.load("customs", "move")
    careless = whole.replace("FOR UPDATE OF c", "").replace(PAUSE, f"{meeting(RECEIPTS)}, {PAUSE}")
    assert "FOR UPDATE" not in careless and "meet(" in careless
    original = sql.load
    monkeypatch.setattr(sql, "load", lambda context, verb: careless if verb == "move" else original(context, verb))
    assert _one_round() != (True, 1)


def test_two_declarations_can_never_use_one_number() -> None:
    """The table says no, whoever comes first."""
    key = {"kind": "411", "company": "C", "number": "1"}

    def take() -> int:
        return sql.run(
            "INSERT INTO customs_number (id, kind, company, number, declaration_id, at) VALUES (%s, %s, %s, %s, %s,"
            " now()) ON CONFLICT (kind, company, number) DO NOTHING",
            (new_id(), *key.values(), new_id()),
        )

    assert racing([take] * 12) == ["0"] * 11 + ["1"]
    assert Number.objects.filter(**key).count() == 1
