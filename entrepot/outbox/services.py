"""Tell a fact or order a job in the caller's transaction; subscribe to facts; schedule by the clock.

Delivery is at least once: handlers must be idempotent. They run outside a transaction, so they may call outside systems
and open transactions of their own. A failed handler is tried again with growing pauses and parked after
`attempts_max`; while it waits, later events of the same aggregate wait behind it for that handler.
"""

from __future__ import annotations

import logging
from asyncio import Lock
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, connection, transaction
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.exceptions import TaskNotFound, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.types.json import Jsonb

from entrepot.kit import sql
from entrepot.kit.discreet import fault
from entrepot.kit.ids import first_id, new_id
from entrepot.kit.refusals import NotFound
from entrepot.outbox.models import Event as EventRow
from entrepot.outbox.models import Failure
from entrepot.outbox.types import Along, DecidedJob, Event

Handler = Callable[[Event], None]

attempts_max = 12
pause_max_s = 600
tick_attempts_max, tick_pause_max_s = 8, 30  # two minutes: longer than the database takes to come back
payload_bytes_max = 64 * 1024
error_chars_max = 2_000
WORKER_DIED = "its worker ended while it did this job; it was not tried again, for it may be what workers end of"
NOT_KNOWN = "no job of this name is known here: another version of ours ordered it"
KEPT = timedelta(days=90)  # long after the last receipt of customs, for whoever looks into what happened
forgotten_max = 100_000
SOON = 10  # the priority of what somebody waits for: goods that go back on sale, money that came

_PARKED = "FROM procrastinate_jobs WHERE status = 'failed' AND task_name = %s"
_UNPARK = "UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status = 'failed' AND task_name = %s"
_handlers: dict[str, list[str]] = {}
_priorities: dict[str, int] = {}  # of handlers and jobs by name
_running: ContextVar[Run | None] = ContextVar("running job", default=None)
_ended: set[int] = set()  # jobs of this process that ended in their own transaction and are not reported yet
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Run:
    """A job that runs in this context; `ending`: a statement was asked to end it."""

    job_id: int
    ending: bool = False


class NoTransaction(Exception):
    """An event or job outside a transaction could be told without its fact. A fault of the caller."""


class NoSuchParkedJob(NotFound):
    code = "no_such_parked_job"
    zh = "没有这个停放的任务：{job_id}"
    en = "There is no parked job {job_id}"


@dataclass(frozen=True, slots=True)
class _BackOff(BaseRetryStrategy):
    """2, 4, 8 … seconds, at most `pause_s`; after so many attempts the job is parked for a person to see."""

    attempts: int = attempts_max
    pause_s: int = pause_max_s

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts + 1 >= self.attempts:
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), self.pause_s)})


def _guarded(name: str, run: Callable[..., None], **options: Any) -> Any:
    """Register `run` as a task whose failures are kept where the back office shows them."""

    def task(context: JobContext, /, **args: Any) -> None:
        _running.set(Run(context.job.id or 0))
        try:
            run(**args)
        except Exception as error:
            _log.warning("%s failed, attempt %s: %s", name, context.job.attempts + 1, type(error).__name__)
            text = fault(error)[:error_chars_max]
            Failure.objects.create(job_id=context.job.id or 0, attempt=context.job.attempts + 1, error=text)
            raise

    return app.task(name=name, pass_context=True, **options)(task)


def on(*topics: str, soon: bool = False) -> Callable[[Handler], Handler]:
    """Subscribe a function of a `tasks` module to topics. Its dotted path is its name: moving it needs a migration.
    What is to be done `soon` goes before what may take hours, as customs does.

    One handler of several topics hears all of an aggregate in the order told; several handlers do not wait for another.
    """

    def subscribe(handler: Handler) -> Handler:
        name = f"{handler.__module__}.{handler.__qualname__}"

        def run(event: Mapping[str, Any]) -> None:
            buyer = event["buyer_id"]
            handler(
                Event(
                    id=UUID(event["id"]),
                    topic=event["topic"],
                    aggregate_id=UUID(event["aggregate_id"]),
                    buyer_id=UUID(buyer) if buyer else None,
                    payload=event["payload"],
                )
            )

        _guarded(name, run, retry=_BackOff(), priority=_priority(name, soon))
        for topic in topics:
            _handlers.setdefault(topic, []).append(name)
        return handler

    return subscribe


def job(name: str, *, soon: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a plain job under `name`; `defer(job=name, args=…)` calls it with `args` as keywords."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _guarded(name, function, retry=_BackOff(), priority=_priority(name, soon))
        return function

    return register


def every(cron: str, *, soon: bool = False) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Run a function by the clock ("*/5 * * * *", UTC): the scheduler defers it once per tick for all workers. A sixth
    column of the clock counts seconds.

    A tick that fails is tried again for two minutes, then parked until a later one does its work. Where the next
    one waits already its work is that one's.
    """

    def register(function: Callable[[], None]) -> Callable[[], None]:
        name = f"{function.__module__}.{function.__qualname__}"

        def tick(timestamp: int) -> None:
            sql.run(f"{_UNPARK} AND id < (SELECT max(id) {_PARKED})", (name, name))  # the newest is enough
            function()
            sql.run(_UNPARK, (name,))

        # While it waits the next tick does not come.
        pause_s = 10 if len(cron.split()) == 6 else tick_pause_max_s
        options = {"queue": "clock", "queueing_lock": name, "priority": _priority(name, soon)}
        registered = _guarded(name, tick, retry=_BackOff(tick_attempts_max, pause_s), **options)
        app.periodic_registry.register_task(registered, cron=cron, periodic_id="", configure_kwargs={})
        return function

    return register


def _priority(name: str, soon: bool) -> int:
    _priorities[name] = SOON if soon else 0
    return _priorities[name]


def emit(*, topic: str, aggregate_id: UUID, buyer_id: UUID | None, payload: Mapping[str, Any]) -> UUID:
    """Tell a fact in the caller's transaction: one statement writes the event and a job for each handler.

    Returns the event's id. Raises NoTransaction outside one and ValueError for an oversized payload.
    """
    event_id = new_id()
    if len(str(payload)) > payload_bytes_max:
        raise ValueError(f"the payload of {topic} is too large: tell ids, let handlers read the rest")
    params = {
        "id": event_id,
        "topic": topic,
        "aggregate_id": aggregate_id,
        "buyer_id": buyer_id,
        "payload": Jsonb(dict(payload)),
        **told(topics=[topic]),
    }
    sql.hot_run(sql.load("outbox", "emit"), params)
    return event_id


def told(*, topics: Collection[str]) -> dict[str, Any]:
    """Parameters of the fragment `outbox/tell`, for a statement that tells these topics together with its fact.

    Raises NoTransaction outside one.
    """
    for topic in topics:
        _in_transaction(topic)
    by = {topic: [(name, _priorities[name]) for name in _handlers.get(topic, [])] for topic in topics}
    return {"handlers": Jsonb(by)}


def ending(*, last: bool) -> dict[str, Any]:
    """Parameter of the fragment `outbox/end`, for a statement whose transaction is the `last` step of the running job.

    The job ends in that transaction: its effect and its end are one, and nobody has to end it afterwards. After it the
    job must do nothing that could fail. Nothing ends where no job is running.
    """
    run = _running.get() if last else None
    if run is None:
        return {"ended_job": None}
    job_id, run.ending = run.job_id, True
    transaction.on_commit(lambda: _ended.add(job_id))
    return {"ended_job": job_id}


def ended_itself(*, job_id: int) -> bool:
    """Whether the job that ran in this context had a statement end it: for tests, whose transaction never commits."""
    run = _running.get()
    return run is not None and run.job_id == job_id and run.ending


class Jobs(JobManager):
    """The queue as the worker sees it: a job that ended in its last transaction is not ended again, and one that failed
    while the next of its kind waits leaves its work to that one.

    Where the end of a job could not be told, since the database was away, it would count as running for as long as its
    worker lives: the worker knows what it has in hand, and gives the rest back with its next heartbeat.
    """

    def __init__(self, connector: BaseConnector) -> None:
        super().__init__(connector)
        self._in_hand: set[int] = set()
        self._fetching, self._lost = Lock(), False

    async def fetch_job(self, *args: Any, **kwargs: Any) -> Job | None:
        async with self._fetching:
            job = await super().fetch_job(*args, **kwargs)
            self._in_hand |= {job.id} if job and job.id else set()
            return job

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        if status is Status.SUCCEEDED and job.id in _ended:
            _ended.discard(job.id)
            self._in_hand.discard(job.id)
            return
        async with self._told(job):
            if job.task_name in app.tasks or status is not Status.FAILED or not await self._waits_for_another(job):
                await super().finish_job(job, status, delete_job)

    async def _waits_for_another(self, job: Job) -> bool:
        """What another version of ours has ordered, as while machines are upgraded one by one, is left to its workers;
        the last time it is parked with the reason."""
        told = {"id": new_id(), "job_id": job.id, "attempt": job.attempts + 1, "error": NOT_KNOWN}
        await self.connector.execute_query_async(sql.load("outbox", "failed"), **told)
        later = _BackOff().get_retry_decision(exception=TaskNotFound(), job=job)
        if later:
            await self.retry_job(job, retry_at=later.retry_at)
        return later is not None

    async def retry_job(self, job: Job, *args: Any, **kwargs: Any) -> None:
        async with self._told(job):
            try:
                await super().retry_job(job, *args, **kwargs)
            except UniqueViolation:
                await super().finish_job(job, Status.SUCCEEDED, delete_job=True)

    async def update_heartbeat(self, worker_id: int) -> None:
        await super().update_heartbeat(worker_id)
        if self._lost:
            async with self._fetching:  # or one that was just fetched would not be in hand yet
                await self._give_back(worker_id)

    async def _give_back(self, worker_id: int) -> None:
        # Before the look at what is in hand: an end that cannot be told from here on is for the next time.
        self._lost, given_back = False, False
        statement, mine = sql.load("outbox", "lost"), list(self._in_hand)
        try:
            with suppress(UniqueViolation):  # somebody orders what was to be given back: next time
                await self.connector.execute_query_async(statement, worker_id=worker_id, in_hand=mine)
                given_back = True
        finally:
            self._lost |= not given_back

    @asynccontextmanager
    async def _told(self, job: Job) -> AsyncIterator[None]:
        """The job's end is told in the block; afterwards it is not in hand any more, whether that worked or not."""
        try:
            yield
        except Exception:
            self._lost = True
            raise
        finally:
            self._in_hand.discard(job.id or 0)


def defer(*, job: str, lock: str | None, args: Mapping[str, Any], run_at: datetime | None = None) -> None:
    """Order a job in the caller's transaction. Jobs with the same lock run one after another, in order."""
    _in_transaction(job)
    params = {"name": job, "lock": lock, "args": Jsonb(dict(args)), "run_at": run_at}
    sql.hot_run(sql.load("outbox", "defer"), params | {"priority": _priorities.get(job, 0)})


def order_once(*, job: str, args: Mapping[str, Any], of: UUID | None = None) -> bool:
    """Order a job that works on until there is nothing left and of which one is enough, for each `of` that it is about:
    nothing where one waits already. They run one after another. True when it was ordered."""
    key = f"{job}:{of}" if of else job
    return sql.hot_run(sql.load("outbox", "once"), {"name": job, "key": key, "args": Jsonb(dict(args))}) == 1


def take_along(*, job: str, most: int, lease_s: int) -> list[Along]:
    """Waiting jobs of one kind, at most so many, for the running one to do as well. They come again by themselves after
    the lease where they are not ended by `end_along` before."""
    rows = sql.rows(sql.load("outbox", "along"), {"name": job, "most": most, "lease_s": lease_s})
    return [Along(row["id"], sql.json_value(row["args"])) for row in rows]


def end_along(*, done: Collection[int], alone: Collection[int] = ()) -> None:
    """Jobs that were taken along are done; others are to run again at once, each alone."""
    if done:
        sql.run("DELETE FROM procrastinate_jobs WHERE id = ANY(%s) AND status = 'todo'", (list(done),))
    if alone:
        again = "UPDATE procrastinate_jobs SET attempts = attempts + 1, scheduled_at = now()"
        sql.run(f"{again} WHERE id = ANY(%s) AND status = 'todo'", (list(alone),))


def _in_transaction(what: str) -> None:
    if not connection.in_atomic_block:
        raise NoTransaction(f"{what} must be written in the transaction of its fact")


def rescue(*, silent_s: float) -> int:
    """Give back jobs of workers silent for longer than `silent_s`; returns how many. None where at that moment somebody
    orders what was to be given back: the next call does it. What was tried `attempts_max` times is parked."""
    silent = {"silent_s": silent_s}
    try:
        with transaction.atomic():
            worn = sql.rows(sql.load("outbox", "worn"), silent | {"attempts_max": attempts_max})
            Failure.objects.bulk_create(
                Failure(job_id=row["id"], attempt=row["attempts"], error=WORKER_DIED) for row in worn
            )
            return sql.run(sql.load("outbox", "rescue"), silent)
    except IntegrityError:
        return 0


def forget(*, now: datetime) -> int:
    """Delete events and failures older than KEPT, at most `forgotten_max` of each a call; returns how many. Jobs carry
    what they need of their event; why one is parked is kept for as long as it is."""
    found = 0
    parked = apps.get_model("procrastinate", "ProcrastinateJob").objects.filter(status="failed").values("id")
    for table in (EventRow.objects, Failure.objects.exclude(job_id__in=parked)):
        old = table.filter(id__lt=first_id(now - KEPT)).order_by("id")[:forgotten_max]
        found += table.filter(id__in=old.values_list("id", flat=True)).delete()[0]
    return found


def unpark(*, job_id: int) -> DecidedJob:
    """Try a parked job again, from the first pause; where the next of its kind waits already, that one does its work.
    Refuses NoSuchParkedJob."""
    try:
        with transaction.atomic():
            again = "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = now()"
            return _decided(again, job_id)
    except IntegrityError:
        return dismiss(job_id=job_id)


def dismiss(*, job_id: int) -> DecidedJob:
    """Give a parked job up for good. Its event stays. Refuses NoSuchParkedJob."""
    return _decided("UPDATE procrastinate_jobs SET status = 'cancelled'", job_id)


def _decided(change: str, job_id: int) -> DecidedJob:
    told = "task_name AS name, coalesce(args -> 'event', args) ->> 'buyer_id' AS buyer"
    for row in sql.rows(f"{change} WHERE id = %s AND status = 'failed' RETURNING {told}", (job_id,)):
        return DecidedJob(row["name"], UUID(row["buyer"]) if row["buyer"] else None)
    raise NoSuchParkedJob(job_id=job_id)
