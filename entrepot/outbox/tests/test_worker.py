"""A worker of the house lives on when the database goes away for a moment; what it was doing is not forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from entrepot.outbox import selectors, services
from entrepot.outbox.tests.test_services import end_other_connections

GIVEN_BACK_S = 60.0
BREAK_ONCE = """
CREATE SEQUENCE outbox_breaks;
CREATE FUNCTION outbox_break() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('outbox_breaks') = 1 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER outbox_break BEFORE DELETE OR UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing') EXECUTE FUNCTION outbox_break();
"""


@pytest.fixture
def broken_once() -> Iterator[None]:
    """The connection that ends a job breaks, once, before that is committed."""
    with connection.cursor() as cursor:
        cursor.execute(BREAK_ONCE)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER outbox_break ON procrastinate_jobs")
        cursor.execute("DROP FUNCTION outbox_break; DROP SEQUENCE outbox_breaks")


async def work_until(done: asyncio.Event) -> None:
    """A worker as the house runs it, with a quicker clock."""
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector) as ready:
        ready.job_manager = services.Jobs(ready.connector)
        async with ready.open_async():
            worker = asyncio.create_task(
                ready.run_worker_async(
                    fetch_job_polling_interval=0.05,
                    update_heartbeat_interval=0.05,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    listen_notify=False,
                )
            )
            ending = asyncio.create_task(done.wait())
            await asyncio.wait({worker, ending}, timeout=GIVEN_BACK_S, return_when=asyncio.FIRST_COMPLETED)
            for task in (ending, worker):
                task.cancel()
            await asyncio.wait({worker})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fails", [False, True])
def test_a_job_whose_end_could_not_be_told_is_done_again(broken_once: None, fails: bool) -> None:
    """It succeeded, or it failed and was to be tried again: the database called it running while its worker lived."""
    name, runs = "outbox.tests.sweep", list[str]()

    async def swept_twice() -> None:
        loop, again = asyncio.get_running_loop(), asyncio.Event()

        def sweep(what: str) -> None:
            runs.append(what)
            if len(runs) > 1:
                loop.call_soon_threadsafe(again.set)
            elif fails:
                raise RuntimeError("the floor is wet")

        services.job(name)(sweep)
        await work_until(again)

    with transaction.atomic():
        services.defer(job=name, lock=None, args={"what": "the hall"})
    try:
        asyncio.run(swept_twice())
    finally:
        app.tasks.pop(name, None)
        end_other_connections()
    assert runs == ["the hall", "the hall"]
    assert services.sql.rows("SELECT status FROM procrastinate_jobs WHERE task_name = %s", (name,)) == []


async def work_off() -> None:
    """What is due, as a worker of the house does it."""
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector) as ready:
        ready.job_manager = services.Jobs(ready.connector)
        async with ready.open_async():
            await ready.run_worker_async(
                wait=False, delete_jobs="successful", install_signal_handlers=False, listen_notify=False
            )


@pytest.mark.django_db(transaction=True)
def test_a_job_that_only_another_version_knows_waits_for_its_worker_and_is_parked_with_the_reason() -> None:
    """Machines are upgraded one by one: the old worker finds what the new one's pages ordered."""
    name = "outbox.tests.of_tomorrow"

    def stands() -> list[dict[str, Any]]:
        return services.sql.rows("SELECT status, attempts FROM procrastinate_jobs WHERE task_name = %s", (name,))

    with transaction.atomic():
        services.defer(job=name, lock=None, args={})
    try:
        asyncio.run(work_off())
        assert stands() == [{"status": "todo", "attempts": 1}]
        late = "UPDATE procrastinate_jobs SET attempts = %s, scheduled_at = now() WHERE task_name = %s"
        services.sql.run(late, (services.attempts_max - 1, name))
        asyncio.run(work_off())
    finally:
        end_other_connections()
    assert [one["status"] for one in stands()] == ["failed"]
    assert [one.error for one in selectors.parked()] == [services.NOT_KNOWN]


class Breaking:
    """A database that cannot be told of any end; one more job ends while it is asked to give back what was lost."""

    def __init__(self) -> None:
        self.jobs = services.Jobs(self)  # type: ignore[arg-type]
        self.not_given_back: list[list[int]] = []

    async def execute_query_async(self, query: str, **args: Any) -> None:
        if "finish_job" in query:
            raise ConnectorException
        if "in_hand" in args:
            self.not_given_back.append(args["in_hand"])
            if len(self.not_given_back) == 1:
                await self.end(2)

    async def end(self, job_id: int) -> None:
        job = Job(id=job_id, queue="jobs", lock=None, queueing_lock=None, task_name="outbox.tests.sweep")
        with pytest.raises(ConnectorException):
            await self.jobs.finish_job(job, Status.SUCCEEDED, delete_job=True)


def test_an_end_that_cannot_be_told_while_others_are_given_back_is_not_forgotten() -> None:
    async def beats() -> list[list[int]]:
        database = Breaking()
        database.jobs._in_hand = {1, 2}
        await database.end(1)
        for _ in range(3):
            await database.jobs.update_heartbeat(7)
        return database.not_given_back

    assert asyncio.run(beats()) == [[2], []]
