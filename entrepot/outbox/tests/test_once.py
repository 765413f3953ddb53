"""Jobs of which one is enough: what becomes of one that ran when its worker died, failed or was parked, while the next
of its kind waits already."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import transaction
from procrastinate.contrib.django import app

from entrepot.kit.ids import new_id
from entrepot.outbox import selectors, services
from entrepot.outbox.testing import drain
from entrepot.outbox.tests.test_services import work

pytestmark = pytest.mark.django_db
NAME = "test.once"

ran: list[str] = []
falls: set[str] = set()


def once(what: str, goes_on: str = "") -> None:
    """Orders the next of its kind, as a job does that works on slice by slice."""
    if goes_on:
        order(goes_on)
    if what in falls:
        falls.discard(what)
        raise RuntimeError(f"{what} fell")
    ran.append(what)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    services.job(NAME)(once)
    yield
    del app.tasks[NAME]
    ran.clear()
    falls.clear()


def order(what: str, of: UUID | None = None, **more: str) -> bool:
    with transaction.atomic():
        return services.order_once(job=NAME, args={"what": what, **more}, of=of)


def begin() -> int:
    """A worker that is gone a moment later took the job up."""
    return int(services.sql.rows("SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL)")[0]["id"])


def test_one_waits_for_each_subject() -> None:
    one, two = new_id(), new_id()
    assert [order("a", one), order("b", two), order("c"), order("again", one), order("again")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    drain()
    assert sorted(ran) == ["a", "b", "c"]


def test_of_a_dead_worker_the_job_whose_next_waits_is_not_given_back() -> None:
    order("first")
    begin()
    order("next")
    assert services.rescue(silent_s=10) == 0
    drain()
    assert ran == ["next"], "it does what the first had left"


def test_of_dead_workers_each_other_job_is_given_back() -> None:
    subjects = [new_id(), new_id()]
    for of in subjects:
        order(str(of), of)
        begin()
    services.defer(job=NAME, lock=None, args={"what": "other"})
    begin()
    assert services.rescue(silent_s=10) == 3
    drain()
    assert sorted(ran) == sorted([*map(str, subjects), "other"])


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_leaves_its_work_to_the_next(caplog: pytest.LogCaptureFixture) -> None:
    falls.add("first")
    order("first", goes_on="next")
    work()
    assert ran == ["next"]
    assert services.sql.rows("SELECT id FROM procrastinate_jobs") == []


def test_a_parked_one_is_not_tried_again_beside_the_next() -> None:
    order("first")
    job_id = begin()
    services.sql.rows("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", (job_id,))
    order("next")
    services.unpark(job_id=job_id)
    assert selectors.parked() == []
    drain()
    assert ran == ["next"]
