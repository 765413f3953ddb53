"""The processes of the house, started together and kept alive: web, worker, scheduler (and the sandbox in the demo).

The supervisor loads the application once and forks, so that the processes share its memory; it holds no database
connection itself. A process that dies is started again, with a growing pause; Ctrl-C or SIGTERM ends them all.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import cast

from django.conf import settings
from django.db import close_old_connections, connections
from granian.constants import Interfaces
from granian.server import Server
from procrastinate.app import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.periodic import PeriodicDeferrer, PeriodicRegistry

from entrepot.kit.lasting import settle
from entrepot.outbox import services as outbox
from entrepot.server.logs import tell_where
from entrepot.server.mortal import fork
from entrepot.server.places import threads

stop_wait_s = 15.0
own_wait_s = 12  # before that each cuts off what of its own does not end (who sends half a request would keep us for
# ever): killed itself, it would leave that behind
files_max = 16_384
restart_pause_max_s = 10.0
sound_s = 10.0  # who has run so long has not failed at its start: the pauses begin anew
tick_s = 0.2
heartbeat_s = 2.0
worker_silent_s = 10.0
rescue_every_s = 5.0
missed_s = 86_400.0  # every clock of ours strikes at least once a day: what it struck while we were closed
_log = logging.getLogger("entrepot.serve")


def web(address: str, port: int) -> None:
    """Serve HTTP until told to stop: Django under WSGI, a few places per worker process, threads for those who wait."""
    _open_many()
    os.environ["ENTREPOT_MORTAL"] = "1"  # granian's own children end with it, also after kill -9
    # On few cores granian warns of many threads. Ours mostly wait, for the database and for parties outside.
    logging.getLogger("_granian").addFilter(lambda told: "Python threads" not in told.getMessage())
    Server(
        "entrepot.server.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.WEB_WORKERS,
        blocking_threads=threads(working=settings.WEB_THREADS, waiting=settings.WEB_WAITING),
        backlog=settings.CONNECTIONS_WAITING,
        backpressure=settings.WEB_CONNECTIONS,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=own_wait_s,
        log_level="warning",  # type: ignore[arg-type]
    ).serve()


def intake(address: str, port: int) -> None:
    """Place orders and quote landed cost until told to stop: a small ASGI application, one process for each worker."""
    _open_many()
    os.environ["ENTREPOT_MORTAL"] = "1"
    Server(
        "entrepot.server.asgi:application",
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        workers=settings.INTAKE_WORKERS,
        backlog=settings.CONNECTIONS_WAITING,
        backpressure=settings.INTAKE_CONNECTIONS,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=own_wait_s,
        log_level="warning",  # type: ignore[arg-type]
    ).serve()


def _open_many() -> None:
    """Connections are files: as many as the system lets this process have, and no more than all can be."""
    has, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files_max if most == resource.RLIM_INFINITY else min(files_max, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(has, wanted), most))


def worker() -> None:
    """Deliver events and run jobs until told to stop; what is running is finished first. Buyers who wait go before."""
    os.nice(settings.WORKER_NICE)
    with app.replace_connector(_connector()) as ready:
        ready.periodic_registry = PeriodicRegistry()  # type: ignore[no-untyped-call] # the clock is the scheduler's
        ready.job_manager = outbox.Jobs(ready.connector)
        ready.run_worker(
            concurrency=settings.WORKER_CONCURRENCY,
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=own_wait_s,
            update_heartbeat_interval=heartbeat_s,
            stalled_worker_timeout=worker_silent_s,
            delete_jobs="successful",
        )


def scheduler() -> None:
    """Defer what is due by the clock, and give back the jobs of dead workers."""
    with app.replace_connector(_connector()) as ready:
        asyncio.run(_tick(ready))


def _connector() -> BaseConnector:
    return cast(DjangoConnector, app.connector).get_worker_connector()


async def _tick(ready: App) -> None:
    async with ready.open_async():
        await asyncio.gather(_clock(ready).worker(), _rescue())


def _clock(ready: App) -> PeriodicDeferrer:
    return PeriodicDeferrer(ready.periodic_registry, max_delay=missed_s)


async def _rescue() -> None:
    while True:
        await asyncio.to_thread(_rescue_once)
        await asyncio.sleep(rescue_every_s)


def _rescue_once() -> None:
    close_old_connections()
    given_back = outbox.rescue(silent_s=worker_silent_s)
    if given_back:
        _log.warning("gave back %s jobs of a dead worker", given_back)


@dataclass
class _Child:
    name: str
    run: Callable[[], int]
    pid: int = 0
    failures: int = 0
    start_at: float = field(default=0.0)
    needed: Callable[[], bool] | None = None  # None: always, so that its end is a failure

    def is_due(self) -> bool:
        return self.pid == 0 and time.monotonic() >= self.start_at and (self.needed is None or self.needed())

    def start(self) -> None:
        self.start_at = time.monotonic()
        self.pid = self.run()

    def ended(self) -> float:
        """Note that it ended; how long to wait before it is started again, longer each time it ends at once."""
        if time.monotonic() - self.start_at >= sound_s:
            self.failures = 0
        pause: float = min(0.2 * 2**self.failures, restart_pause_max_s)
        self.pid = 0
        self.failures = min(self.failures + 1, 100)  # no float holds 2 to the 1024th
        self.start_at = time.monotonic() + pause
        return pause


class Supervisor:
    """Keeps the named processes running until SIGINT or SIGTERM."""

    def __init__(self) -> None:
        self._children: list[_Child] = []
        self._stopping = False

    def add(self, name: str, run: Callable[[], None]) -> None:
        """A process forked from this one."""
        self._children.append(_Child(name, lambda: fork(name, run)))

    def adopt(self, name: str, run: Callable[[], None], pid: int) -> None:
        """A process that was forked before the others, as `pid`; `run` starts it again when it ends."""
        self._children.append(_Child(name, lambda: fork(name, run), pid, start_at=time.monotonic()))

    def where_needed(self, name: str, run: Callable[[], None], needed: Callable[[], bool]) -> None:
        """A process that is asked for at every tick and ends when its work is done; the others are kept meanwhile. One
        that fails is started again after a pause while it is needed."""
        self._children.append(_Child(name, lambda: fork(name, run), needed=needed))

    def run(self) -> None:
        """Start all, watch until stopped, end all. Returns when every process has ended."""
        tell_where()
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        connections.close_all()
        settle()  # what is loaded stays shared between the forks
        while not self._stopping:
            for child in self._children:
                if child.is_due():
                    self._start(child)
            self._reap()
            time.sleep(tick_s)
        self.end_all()

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, child: _Child) -> None:
        try:
            child.start()
        except OSError as wrong:  # the machine has no memory or no process left right now
            _log.error("%s cannot be started; trying again in %.1f s: %s", child.name, child.ended(), wrong)

    def _reap(self) -> None:
        for child in self._children:
            ended, status = os.waitpid(child.pid, os.WNOHANG) if child.pid else (0, 0)
            if ended:
                pause = child.ended()
                if child.needed and not status:
                    child.failures = 0
                elif not self._stopping:
                    _log.error("%s ended; starting it again in %.1f s", child.name, pause)

    def end_all(self) -> None:
        """End what runs: in order first, then by force."""
        running = [child for child in self._children if child.pid]
        for child in running:
            os.kill(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + stop_wait_s
        while running and time.monotonic() < deadline:
            running = [child for child in running if not os.waitpid(child.pid, os.WNOHANG)[0]]
            time.sleep(0.05)
        for child in running:
            _log.error("%s did not stop in %.0f s and was killed", child.name, stop_wait_s)
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        for child in self._children:
            child.pid = 0
