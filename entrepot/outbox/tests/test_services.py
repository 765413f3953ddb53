"""Events are told with their fact, delivered in order, tried again and parked where people see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import cast
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from entrepot.kit.ids import first_id, new_id
from entrepot.outbox import selectors, services
from entrepot.outbox.models import Event as EventRow
from entrepot.outbox.models import Failure
from entrepot.outbox.testing import drain
from entrepot.outbox.types import Event

pytestmark = pytest.mark.django_db

seen: list[tuple[str, UUID]] = []
poison: set[str] = set()


def note(event: Event) -> None:
    if event.payload["what"] in poison:
        raise RuntimeError(f"cannot digest {event.payload['what']}")
    seen.append((event.payload["what"], event.aggregate_id))


@transaction.atomic
def count(what: str) -> None:
    services.sql.rows("SELECT %s::integer", (what,))


@pytest.fixture(autouse=True)
def subscribed() -> Iterator[None]:
    before = dict(services._handlers)
    services.on("test.told", "test.also_told")(note)
    services.job("test.add")(lambda what: seen.append((what, UUID(int=0))))
    services.job("test.count")(count)
    yield
    services._handlers.clear()
    services._handlers.update(before)
    for name in [name for name in app.tasks if name.endswith(".note") or name in ("test.add", "test.count")]:
        del app.tasks[name]
    seen.clear()
    poison.clear()


def tell(what: str, about: UUID, topic: str = "test.told") -> None:
    services.emit(topic=topic, aggregate_id=about, buyer_id=None, payload={"what": what})


def test_events_of_an_aggregate_arrive_in_order_and_once() -> None:
    one, two = new_id(), new_id()
    for what, about, topic in [("a", one, "test.told"), ("b", two, "test.told"), ("c", one, "test.also_told")]:
        tell(what, about, topic)
    assert drain() == 3
    assert [what for what, about in seen if about == one] == ["a", "c"]
    assert drain() == 0


def test_a_rolled_back_fact_is_not_told() -> None:
    with pytest.raises(RuntimeError, match="no"), transaction.atomic():
        tell("a", new_id())
        raise RuntimeError("no")
    assert drain() == 0
    assert not EventRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_can_be_told() -> None:
    with pytest.raises(services.NoTransaction):
        tell("a", new_id())
    with pytest.raises(services.NoTransaction):
        services.defer(job="test.add", lock=None, args={})


def test_a_failing_event_holds_back_only_its_own_aggregate() -> None:
    one, two = new_id(), new_id()
    poison.add("bad")
    for what, about in [("bad", one), ("after", one), ("other", two)]:
        tell(what, about)
    row_of_bad = services.sql.rows("SELECT min(id) AS id FROM procrastinate_jobs")[0]["id"]
    # Only the failing job's own retry pause is honoured: nothing of `one` may overtake it.
    with pytest.raises(RuntimeError):
        drain()
    services.sql.rows(
        "SELECT procrastinate_retry_job_v2(%s, now() + interval '1 hour', NULL, NULL, NULL)", (row_of_bad,)
    )
    drain()
    assert seen == [("other", two)]


def test_a_poison_event_is_parked_with_its_error_and_can_be_tried_again() -> None:
    one = new_id()
    poison.add("bad")
    tell("bad", one)
    tell("after", one)
    assert drain(park=True) == services.attempts_max + 1
    assert seen == [("after", one)], "once parked, the rest of the aggregate goes on"
    (parked,) = selectors.parked()
    assert parked.error == "RuntimeError: cannot digest bad"
    assert parked.attempts == services.attempts_max
    assert selectors.queue_state().parked == 1

    poison.clear()
    services.unpark(job_id=parked.job_id)
    drain()
    assert seen[-1] == ("bad", one)
    assert selectors.parked() == []
    with pytest.raises(services.NoSuchParkedJob):
        services.unpark(job_id=parked.job_id)


def test_a_job_that_is_being_done_is_told_with_those_behind_it() -> None:
    one, other = new_id(), new_id()
    for what, about in [("a", one), ("b", one), ("c", one), ("d", other)]:
        tell(what, about)
    assert selectors.running() == []
    for _ in range(3):  # of an aggregate one at a time, so the third finds nothing more
        services.sql.rows("SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL)")
    due = timezone.now()
    first, second = selectors.running()
    assert (first.behind, second.behind) == (2, 0)
    assert first.name == second.name
    assert first.lock != second.lock
    assert all(job.due is not None and job.due <= due for job in (first, second))


def test_a_failure_keeps_no_row_that_the_database_refused() -> None:
    services.defer(job="test.count", lock=None, args={"what": "张小燕"})
    drain(park=True)
    (parked,) = selectors.parked()
    assert parked.error.startswith("DataError: invalid input syntax for type integer: [withheld]")


def test_a_parked_job_can_be_given_up() -> None:
    poison.add("bad")
    tell("bad", new_id())
    drain(park=True)
    services.dismiss(job_id=selectors.parked()[0].job_id)
    assert selectors.parked() == []


def test_jobs_wait_for_their_time() -> None:
    later = timezone.now() + timezone.timedelta(hours=1)
    services.defer(job="test.add", lock=None, args={"what": "x"}, run_at=later)
    assert drain() == 0
    assert selectors.queue_state().waiting == 1
    assert drain(until=later) == 1
    assert seen == [("x", UUID(int=0))]


END = f"WITH {services.sql.load('outbox', 'end')} SELECT 1"


def ending_job(*, cut_off: bool = False, swallowed: bool = False) -> None:
    """A job whose last transaction ends it."""
    try:
        with transaction.atomic():
            services.sql.rows(END, services.ending(last=True))
            if cut_off or swallowed:
                raise RuntimeError("cut off before the commit")
    except RuntimeError:
        if cut_off:
            raise
    seen.append(("ended", UUID(int=0)))


def work() -> None:
    """A worker of procrastinate's own, as the house runs it, until nothing is due."""
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector) as ready:
        ready.job_manager = services.Jobs(ready.connector)
        ready.run_worker(
            wait=False, delete_jobs="successful", install_signal_handlers=False, listen_notify=False, concurrency=1
        )
    end_other_connections()


def end_other_connections() -> None:
    """The threads that ran jobs keep one each."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    services.sql.rows(f"{others} AND pid <> pg_backend_pid() AND usename = current_user")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("how", "left"), [({}, []), ({"cut_off": True}, ["todo"]), ({"swallowed": True}, [])])
def test_a_job_that_ends_in_its_last_transaction_is_gone_exactly_if_that_committed(
    how: dict[str, bool], left: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    services.job("test.ending")(ending_job)
    try:
        with transaction.atomic():
            services.defer(job="test.ending", lock="one", args=how)
            services.defer(job="test.add", lock="one", args={"what": "next"})
        work()
    finally:
        del app.tasks["test.ending"]
    rows = services.sql.rows("SELECT status, attempts FROM procrastinate_jobs WHERE task_name = 'test.ending'")
    assert [row["status"] for row in rows] == left
    assert [what for what, _ in seen] == ([] if "cut_off" in how else ["ended", "next"])
    assert [record for record in caplog.records if record.levelname == "ERROR" and "cut_off" not in how] == []


def test_outside_a_job_nothing_ends() -> None:
    services.defer(job="test.add", lock=None, args={"what": "x"})
    services.sql.rows(END, services.ending(last=True))
    assert drain() == 1


@pytest.fixture
def tick() -> Iterator[tuple[str, list[str]]]:
    """A tick's name, and how often it ran; it fails while the floor is wet."""
    ran: list[str] = []

    def sweep() -> None:
        ran.append("swept")
        if "bad" in poison:
            raise RuntimeError("the floor is wet")

    services.every("0 0 29 2 *")(sweep)  # by itself on no day of ours
    name = f"{sweep.__module__}.{sweep.__qualname__}"
    yield name, ran
    del app.tasks[name]
    del app.periodic_registry.periodic_tasks[name, ""]


def test_a_tick_that_fails_is_tried_again_and_parked_until_the_next_one_does_its_work(
    tick: tuple[str, list[str]],
) -> None:
    name, ran = tick
    tries = [services.tick_attempts_max, services.tick_attempts_max, 1]
    for at, wet, times in zip((60, 120, 180), (True, True, False), tries, strict=True):
        poison.clear()
        poison.update({"bad"} if wet else ())
        services.defer(job=name, lock=None, args={"timestamp": at})
        ran.clear()
        drain(park=True)
        found = {(job.name, job.error) for job in selectors.parked()}
        assert found == ({(name, "RuntimeError: the floor is wet")} if wet else set())
        assert len(ran) == times


def test_a_parked_tick_is_seen_while_the_next_ones_fail(tick: tuple[str, list[str]]) -> None:
    name, _ = tick
    poison.add("bad")
    for at in (60, 120, 180):
        services.defer(job=name, lock=None, args={"timestamp": at})
        drain(park=True)
    services.defer(job=name, lock=None, args={"timestamp": 240})
    services.sql.rows("SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL)")  # the next one has begun
    assert [job.args["timestamp"] for job in selectors.parked()] == [180, 120], "it, and the one before it"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("next_waits", [False, True])
def test_a_tick_that_fails_waits_unless_the_next_one_does(tick: tuple[str, list[str]], next_waits: bool) -> None:
    name, ran = tick
    once = app.configure_task(name)

    def work_and_tick() -> None:
        ran.append("swept")
        if next_waits and len(ran) == 1:
            once.defer(timestamp=120)
        raise RuntimeError("the floor is wet")

    once.defer(timestamp=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.tasks[name], "func", lambda _context, timestamp: work_and_tick())
        work()
    rows = services.sql.rows("SELECT status, attempts, args FROM procrastinate_jobs WHERE task_name = %s", (name,))
    told = [(row["status"], row["attempts"], services.sql.json_value(row["args"])["timestamp"]) for row in rows]
    assert told == [("todo", 1, 120 if next_waits else 60)]
    assert len(ran) == 1 + next_waits


def test_jobs_of_a_dead_worker_are_given_back() -> None:
    tell("a", new_id())
    services.sql.rows("SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL)")
    assert drain() == 0, "the job is held"
    assert services.rescue(silent_s=10) == 1
    assert drain() == 1


def test_a_job_that_each_of_its_workers_dies_of_is_parked_and_the_rest_of_its_aggregate_goes_on() -> None:
    one = new_id()
    tell("deadly", one)
    tell("after", one)
    for attempt in range(1, services.attempts_max + 1):
        services.sql.rows("SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL)")
        assert services.rescue(silent_s=10) == (attempt < services.attempts_max)
    (parked,) = selectors.parked()
    assert (parked.attempts, parked.error) == (services.attempts_max, services.WORKER_DIED)
    drain()
    assert seen == [("after", one)]


def test_jobs_of_a_living_worker_are_left_alone() -> None:
    worker = services.sql.rows("SELECT worker_id FROM procrastinate_register_worker_v1()")[0]["worker_id"]
    tell("a", new_id())
    services.sql.rows("SELECT * FROM procrastinate_fetch_job_v2(NULL, %s)", (worker,))
    assert services.rescue(silent_s=10) == 0


def test_an_event_costs_one_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        tell("a", new_id())


def test_large_payloads_are_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        services.emit(topic="test.told", aggregate_id=new_id(), buyer_id=None, payload={"x": "y" * 70_000})


def test_events_and_failures_are_forgotten_after_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at = timezone.now()
    old, young = (first_id(at - services.KEPT - timedelta(seconds=late)) for late in (1, -1))
    rows = [UUID(int=old.int + n) for n in range(3)] + [young]
    EventRow.objects.bulk_create(EventRow(id=one, topic="test.told", aggregate_id=one) for one in rows)
    Failure.objects.bulk_create(Failure(id=one, job_id=1, attempt=1, error="x") for one in (old, young))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('x', 'x', 'failed') RETURNING id"
        )
        (parked,) = cursor.fetchone()
    why = Failure.objects.create(id=UUID(int=old.int - 1), job_id=parked, attempt=1, error="still to be read")
    monkeypatch.setattr(services, "forgotten_max", 2)
    assert [services.forget(now=at) for _ in range(3)] == [3, 1, 0]
    assert [one.id for one in EventRow.objects.all()] == [young]
    assert {one.id for one in Failure.objects.all()} == {why.id, young}
