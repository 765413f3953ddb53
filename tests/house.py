"""A whole house for tests: `entrepot run` in a home of its own, as a newcomer starts it, and killable."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from time import monotonic

import httpx
import psycopg

from entrepot.server.embedded import EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent
OURS = ("DATABASE_URL", "SECRET_KEY", "PORT")
start_wait_s = 600.0  # a free machine needs a tenth of it
look_every_s = 0.1
ACTIVITY = (
    "SELECT pid, state, wait_event_type, wait_event, now() - state_change, pg_blocking_pids(pid), left(query, 60)"
    " FROM pg_stat_activity WHERE backend_type = 'client backend' AND state <> 'idle'"
)
# One for all calls, since each new one reads the machine's certificates; no connection outlives a killed server.
HTTP = httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))


def wait_for(
    condition: Callable[[], bool],
    *,
    what: str | Callable[[], str],
    wait_s: float = 60.0,
    every_s: float = look_every_s,
) -> None:
    """Look until `condition` holds; fails with `what`, as it is then, after `wait_s`."""
    pause, deadline = Event(), monotonic() + wait_s
    while not condition():
        if monotonic() > deadline:
            raise AssertionError(f"waited {wait_s:.0f} s for {what if isinstance(what, str) else what()}")
        pause.wait(every_s)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """A running `entrepot run`. `url` is the shop, `sandbox` the outside world, `intake` the process that only takes
    orders, where `env` gives it a port, else ""."""

    def __init__(self, home: Path, env: dict[str, str]) -> None:
        self.home = home
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        self.intake = f"http://127.0.0.1:{env['ENTREPOT_INTAKE_PORT']}" if "ENTREPOT_INTAKE_PORT" in env else ""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_") and name not in OURS
        }
        self.env = {
            **kept,
            **env,
            "ENTREPOT_HOME": str(home),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "PYTHONUNBUFFERED": "1",
        }
        for name in ("ENTREPOT_PG_BIN", "ENTREPOT_PG_USER"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.log = home / "house.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with open(self.log, "ab") as log:
            command = [sys.executable, "-m", "entrepot", "run"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        wait_for(self._up, what=lambda: f"the shop to open; {self.log} says:\n{self.told()}", wait_s=start_wait_s)

    def _up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the house ended:\n{self.told()}"
        return self.answers()

    def answers(self) -> bool:
        """The shop, and the intake process where there is one: it knows orders and quotes only."""
        try:
            if self.intake and HTTP.get(self.intake, timeout=5).status_code != 404:
                return False
            return HTTP.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def get(self, path: str) -> httpx.Response:
        return HTTP.get(f"{self.url}{path}")

    def told(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def standing(self) -> str:
        """Why it does not answer: its log, what each door says, where each process is, what the database does."""
        told, before = [self.told()], self.log.stat().st_size
        for door in filter(None, (self.intake, f"{self.url}/healthz", f"{self.url}/api/v1/orders")):
            try:
                answer = HTTP.get(door, timeout=5)
                told.append(f"{door}: {answer.status_code} {answer.text[:200]}")
            except httpx.HTTPError as broken:
                told.append(f"{door}: {broken!r}")
        for name in ("web", "intake", "worker", "scheduler"):
            told.append(f"{name}: {self.pids(name)}")
            for pid in self.pids(name):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGUSR1)
        try:
            with self.database() as db:
                found = db.execute(ACTIVITY).fetchall()
            told.append("\n".join(map(str, found)))
        except psycopg.Error as broken:
            told.append(f"database: {broken!r}")
        return "\n".join([*told, self.log.read_bytes()[before:].decode(errors="replace")])

    def quicken(self) -> None:
        """Customs and the carrier of the sandbox do in a second what takes them hours."""
        for party, control in (("customs", {"pace_s": 0.05}), ("carrier", {"journey_s": 0.5})):
            HTTP.post(f"{self.sandbox}/{party}/control", json=control).raise_for_status()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=120)

    def command(self, *words: str) -> str:
        """Run an `entrepot` command in this home and return what it printed."""
        order = [sys.executable, "-m", "entrepot", *words]
        done = subprocess.run(order, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def database(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(EmbeddedServer(self.home / "db").url, autocommit=True, connect_timeout=10)

    def pids(self, name: str) -> list[int]:
        """Of "web" or "intake" (granian and its workers), "worker", "scheduler", "postgres" (with all its children)."""
        if name == "postgres":
            pid = EmbeddedServer(self.home / "db").pid()
            return [pid, *_children(pid)] if pid else []
        found = (
            [pid for pid in _children(self.process.pid) if _title(pid) == f"entrepot-{name}"[:15]]
            if self.process
            else []
        )
        return found + [child for pid in found for child in _children(pid)]

    def kill(self, name: str) -> int:
        """kill -9; returns how many processes were hit."""
        pids = self.pids(name)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return len(pids)


def _children(pid: int) -> list[int]:
    asked = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(word) for word in asked.stdout.split()]


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@contextmanager
def house(**env: str) -> Iterator[House]:
    """A house in a temporary home, opened and afterwards closed."""
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        os.chmod(folder, 0o755)
        home = Path(folder) / secrets.token_hex(3)
        home.mkdir()
        made = House(home, env)
        try:
            made.start()
            yield made
        finally:
            made.stop()
            EmbeddedServer(home / "db").stop()
