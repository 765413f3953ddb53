"""A run that is ordered: made by the job, once, told step by step, and what refuses it is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from entrepot.kit.behind import behind
from entrepot.outbox.testing import drain
from entrepot.procurement import selectors, services
from entrepot.procurement.landing import working
from entrepot.procurement.tests.landed import added, invoice, landing, lot
from entrepot.stock.tests.makers import NOW, warehouse
from entrepot.stock.types import WarehouseKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Each step that was told, written down in the test's own transaction: no other connection sees that."""
    steps: list[tuple[int, int]] = []

    def here(job: Callable[[], object]) -> bool:
        job()
        return True

    def kept(_work_id: object, done: int, whole: int) -> None:
        steps.append((done, whole))

    monkeypatch.setattr(behind, "do", here)
    monkeypatch.setattr(working, "_write_down", kept)
    return steps


def test_the_job_makes_the_run_that_was_ordered_once_and_tells_how_far_it_is(told: list[tuple[int, int]]) -> None:
    place = warehouse("SH1", WarehouseKind.DOMESTIC)
    made = landing(lot(place, 10, "10"), lot(place, 5, "4"))
    added(made, invoice(1_000))
    added(made, invoice(300))
    assert selectors.landing_work(landing_id=made) is None
    services.order_run(landing_id=made, actor="clerk", now=NOW)
    services.order_run(landing_id=made, actor="clerk", now=NOW)
    work = selectors.landing_work(landing_id=made)
    assert work is not None and (work.done, work.whole, work.ended) == (0, 0, False)
    drain()
    assert told == [(1, 4), (2, 4), (4, 4)]
    found = selectors.landing(landing_id=made)
    assert found is not None and found.standing is not None and found.standing.actor == "clerk"
    work = selectors.landing_work(landing_id=made)
    assert work is not None and work.ended and not work.refused
    services.make_run(landing_id=made, now=NOW)  # the job once more
    found = selectors.landing(landing_id=made)
    assert found is not None and len(found.runs) == 1


def test_a_run_that_is_ordered_while_another_waits_is_made_too(told: list[tuple[int, int]]) -> None:
    place = warehouse("SH1", WarehouseKind.DOMESTIC)
    both = [landing(lot(place, 10, "10")), landing(lot(place, 5, "4"))]
    for made in both:
        added(made, invoice(1_000))
        services.order_run(landing_id=made, actor="clerk", now=NOW)
    drain()
    found = [selectors.landing(landing_id=made) for made in both]
    assert [one is not None and one.standing is not None for one in found] == [True, True]


def test_what_refuses_the_run_is_kept_and_ordered_again_it_is_forgotten() -> None:
    made = landing(lot(warehouse("SH1", WarehouseKind.DOMESTIC), 10, "10"))
    added(made, invoice(5, "CHF"))
    services.order_run(landing_id=made, actor="clerk", now=NOW)
    drain()
    work = selectors.landing_work(landing_id=made)
    assert work is not None and work.ended and "CHF" in work.refused["en"] and "汇率" in work.refused["zh-hans"]
    found = selectors.landing(landing_id=made)
    assert found is not None and found.runs == ()
    services.order_run(landing_id=made, actor="clerk", now=NOW)
    work = selectors.landing_work(landing_id=made)
    assert work is not None and not work.ended and not work.refused


def test_a_landing_that_is_not_there_is_refused() -> None:
    with pytest.raises(services.UnknownLanding):
        services.order_run(landing_id=warehouse(), actor="clerk", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_step_is_written_while_the_run_goes_on_and_not_after_its_end() -> None:
    made = landing(lot(warehouse("SH1", WarehouseKind.DOMESTIC), 10, "10"))
    added(made, invoice(100))
    services.order_run(landing_id=made, actor="clerk", now=NOW)
    row = working.tables.LandingWork.objects.get(of_id=made)
    working._tell(row.id, 1, 2)
    behind.end()
    work = selectors.landing_work(landing_id=made)
    assert work is not None and (work.done, work.whole) == (1, 2)
    services.make_run(landing_id=made, now=NOW)
    working._tell(row.id, 0, 5)
    behind.end()
    work = selectors.landing_work(landing_id=made)
    assert work is not None and work.ended and work.done == work.whole == 2
