"""Two at once: one is through, the other is refused by name, and nothing is there twice or in halves."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from entrepot.kit.tests.racing import WAIT_S, racing
from entrepot.replenishment import services
from entrepot.replenishment.models import DayOfSales, HistoryFile, Proposal, ProposalLine
from entrepot.replenishment.services import proposals, sales
from entrepot.replenishment.tests.makers import NOW, ORIGIN, sale, sales_file
from entrepot.replenishment.tests.test_proposals import TODAY, history, source
from entrepot.replenishment.types import Plan

pytestmark = pytest.mark.django_db(transaction=True)


def meeting_in(monkeypatch: pytest.MonkeyPatch, room: Any, name: str) -> None:
    """Both come here before either goes on: each has looked for what is there, and none has written."""
    meet, goes_on = threading.Barrier(2, timeout=WAIT_S), getattr(room, name)

    def met(*args: Any, **options: Any) -> Any:
        meet.wait()
        return goes_on(*args, **options)

    monkeypatch.setattr(room, name, met)


def test_two_who_propose_for_one_supplier_and_place_leave_one_proposal(monkeypatch: pytest.MonkeyPatch) -> None:
    history("A1", 20)
    meeting_in(monkeypatch, proposals, "_write")
    propose = partial(services.propose, sources=[source()], plan=Plan(), today=TODAY, now=NOW)
    told = racing([propose] * 2)
    assert sum(one == "proposed_meanwhile" for one in told) == 1
    assert (Proposal.objects.count(), ProposalLine.objects.count()) == (1, 1)


@pytest.mark.parametrize("same", [True, False])
def test_two_imports_of_one_source_leave_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same: bool) -> None:
    one = sales_file(tmp_path, [sale("A", 3)])
    two = one if same else sales_file(tmp_path, [sale("A", 4)], packed=False)
    with monkeypatch.context() as at_once:
        meeting_in(at_once, sales, "_keep")
        told = racing([partial(services.import_sales, file=file, origin=ORIGIN, now=NOW) for file in (one, two)])
    assert sum(one == "imported_meanwhile" for one in told) == 1
    assert (HistoryFile.objects.count(), DayOfSales.objects.count()) == (1, 1)
    assert services.import_sales(file=one, origin=ORIGIN, now=NOW).lines == 1  # and again it goes
