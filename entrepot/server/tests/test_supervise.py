"""When a process that ended is started again."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from procrastinate.contrib.django import app

from entrepot.kit import sql
from entrepot.outbox.tests.test_services import end_other_connections
from entrepot.server import mortal, supervise
from entrepot.server.mortal import end_with_parent, fork
from entrepot.server.supervise import Supervisor, _Child
from entrepot.server.tests.test_places import listens
from tests.house import HTTP, free_port, wait_for

LATEST_S = 60.0


def test_who_ends_at_once_waits_longer_each_time_and_who_has_run_well_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [100.0]
    monkeypatch.setattr(supervise.time, "monotonic", lambda: at[0])
    child, pauses = _Child("web", lambda: 4711), []
    for ran_s in (0, 1, 0, 0, 0, 0, 0, supervise.sound_s, 0):
        child.start()
        assert child.pid == 4711
        at[0] += ran_s
        pauses.append(child.ended())
        assert (child.pid, child.start_at) == (0, at[0] + pauses[-1])
        at[0] = child.start_at
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 0.2, 0.4]


def test_who_fails_all_night_is_still_started_again_in_the_morning() -> None:
    """As the scheduler does while the database is away, every ten seconds: after three hours the house itself ended."""
    child = _Child("scheduler", lambda: 4711)
    for _ in range(2_000):
        child.start()
        pause = child.ended()
    assert pause == supervise.restart_pause_max_s


def test_a_machine_without_memory_for_one_process_more_does_not_end_the_house(tmp_path: Path) -> None:
    works, done, ran = [False, False, True], tmp_path / "done", tmp_path / "ran"

    def lacking(name: str, run: Callable[[], None]) -> int:
        if not works.pop(0):
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return fork(name, run)

    def web() -> None:
        ran.touch()
        os.kill(os.getppid(), signal.SIGTERM)

    def house() -> None:
        supervise.fork = lacking  # type: ignore[attr-defined]
        supervisor = Supervisor()
        supervisor.add("web", web)
        supervisor.run()
        done.touch()

    os.waitpid(fork("house", house), 0)
    assert ran.exists()
    assert done.exists()


def test_the_others_are_kept_while_one_does_its_long_work_and_once_done_it_is_left_alone(tmp_path: Path) -> None:
    """As they are while a database recovers. The work here ends when it sees another process started again."""
    starts, works, done = (tmp_path / name for name in ("starts", "works", "done"))

    def line(file: Path) -> int:
        with file.open("a") as into:
            into.write("1")
        return file.stat().st_size

    def falls() -> None:
        if line(starts) >= 4 and done.exists():
            os.kill(os.getppid(), signal.SIGTERM)  # three starts have passed since the work was done, or more
        raise SystemExit(1)

    def long_work() -> None:
        if line(works) == 1:
            raise RuntimeError("the first attempt fails and is made again")
        deadline = time.monotonic() + LATEST_S
        while starts.stat().st_size < 2 and time.monotonic() < deadline:
            os.sched_yield()
        done.touch()

    def house() -> None:
        supervisor = Supervisor()
        supervisor.where_needed("database", long_work, lambda: not done.exists())
        supervisor.add("falls", falls)
        supervisor.run()

    _, status = os.waitpid(fork("house", house), 0)
    assert status == 0
    assert done.exists()
    assert works.read_text() == "11"
    assert len(starts.read_text()) >= 4


def _before_it_began(happens: Callable[[], None]) -> bytes:
    """What a process writes that a house has forked, which only notes SIGTERM as a supervisor does; `happens` first."""
    reads, writes = os.pipe()

    def as_it_begins() -> None:
        happens()
        end_with_parent()

    def runs() -> None:
        os.write(writes, b"ran")

    def house() -> None:
        signal.signal(signal.SIGTERM, lambda *_: None)
        mortal.end_with_parent = as_it_begins
        os.waitpid(fork("child", runs), 0)

    pid = fork("house", house)
    os.close(writes)
    with os.fdopen(reads, "rb") as told:
        found = told.read()  # until all who could write have ended
    os.waitpid(pid, 0)
    return found


def test_who_is_told_to_end_while_it_is_being_forked_ends() -> None:
    assert _before_it_began(lambda: os.kill(os.getpid(), signal.SIGTERM)) == b""
    assert _before_it_began(lambda: None) == b"ran"


def test_who_is_forked_by_one_that_dies_meanwhile_does_not_outlive_it() -> None:
    def parent_dies() -> None:
        parent = os.getppid()
        os.kill(parent, signal.SIGKILL)
        while os.getppid() == parent:
            os.sched_yield()

    assert _before_it_began(parent_dies) == b""


@pytest.mark.django_db(transaction=True)
def test_what_the_clock_struck_while_the_house_was_closed_is_made_up_for_once() -> None:
    """Whoever closes for the night, or for half an hour at midnight, would never forget a dropped real name."""
    noon = datetime(2026, 11, 21, 4, 0, 30, tzinfo=UTC).timestamp()

    async def opens() -> None:
        with app.replace_connector(supervise._connector()) as ready:
            async with ready.open_async():
                clock = supervise._clock(ready)
                await clock.defer_jobs(clock.get_previous_tasks(at=noon))

    def ordered() -> set[str]:
        return {row["task_name"] for row in sql.rows("DELETE FROM procrastinate_jobs RETURNING task_name")}

    try:
        asyncio.run(opens())
        assert ordered() == {name for name, _ in app.periodic_registry.periodic_tasks}
        asyncio.run(opens())
        assert ordered() == set()
    finally:
        end_other_connections()


HASTY = """
import sys, django
django.setup()
from entrepot.server import supervise
supervise.own_wait_s = 1
supervise.web("127.0.0.1", int(sys.argv[1]))
"""
HALF = b"POST /callbacks/customs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"


def test_those_who_send_half_a_request_keep_nobody_waiting_who_looks_around() -> None:
    port = free_port()
    env = {**os.environ, "ENTREPOT_WEB_WORKERS": "1"}
    web = subprocess.Popen([sys.executable, "-c", HASTY, str(port)], env=env)
    large = HALF.replace(b"Length: 9", b"Length: 9000000")
    try:
        wait_for(lambda: listens(port), what="a web process")
        with ExitStack() as stay:
            for half in [HALF, large] * settings.WEB_THREADS:
                client = stay.enter_context(socket.create_connection(("127.0.0.1", port), LATEST_S))
                client.sendall(half)
                assert client.recv(100).startswith((b"HTTP/1.1 100 ", b"HTTP/1.1 429 "))  # being read, or not let in
            assert HTTP.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
            assert HTTP.get(f"http://127.0.0.1:{port}/en/help/").status_code != 429
    finally:
        web.kill()
        web.wait(LATEST_S)


def test_a_client_that_sends_half_a_request_does_not_keep_the_web_process_from_ending() -> None:
    port = free_port()
    env = {**os.environ, "ENTREPOT_WEB_WORKERS": "1"}
    web = subprocess.Popen([sys.executable, "-c", HASTY, str(port)], env=env)
    try:
        wait_for(lambda: listens(port), what="a web process")
        with socket.create_connection(("127.0.0.1", port), LATEST_S) as client:
            client.sendall(HALF)
            assert client.recv(100).startswith(b"HTTP/1.1 100 ")  # it is being read
            web.terminate()
            assert client.recv(100) == b""
            assert web.wait(LATEST_S) == 0
    finally:
        web.kill()
        web.wait(LATEST_S)
