"""What every outside party of the sandbox has: a state of its own, fault switches, and messages it sends later."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from entrepot.sandbox.wire import Answer, Message, Refused, Request, Route, joined

ATTEMPTS_MAX = 20
_SENDING = """
CREATE TABLE IF NOT EXISTS sending (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL, due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, done_at REAL, gave_up_at REAL, last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS sending_due ON sending (due_at) WHERE done_at IS NULL AND gave_up_at IS NULL;
"""


@dataclass(frozen=True, slots=True)
class World:
    """What a party is given. `state_dir` is its own; `public_url` is the address browsers reach the party under."""

    state_dir: Path
    public_url: str
    environ: Mapping[str, str]
    wake: Callable[[], None]


class Party:
    """Subclass it: set `name` (prefix in the address), `schema` (SQLite, CREATE … IF NOT EXISTS), `switches` (fault
    switches with their resting values), and write `routes()` and `compose()`."""

    name: ClassVar[str]
    schema: ClassVar[str]
    changes: ClassVar[Sequence[str]] = ()  # statements that bring an older database up to date, each run once, in order
    switches: ClassVar[Mapping[str, Any]]
    pages: ClassVar[Sequence[tuple[str, str]]] = ()  # pages of its own: address without the prefix, name in `words`
    groups: ClassVar[
        Sequence[tuple[str, Sequence[str]]]
    ] = ()  # how people read the switches: name in `words`, switches
    choices: ClassVar[Mapping[str, Sequence[str]]] = {}  # the values a text switch, or one entry of `next`, may have
    words: ClassVar[Mapping[str, tuple[str, str]]] = {}  # what people read for a switch or value: Chinese, English

    def __init__(self, world: World) -> None:
        self.world = world
        world.state_dir.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            world.state_dir / "state.sqlite3", check_same_thread=False, isolation_level=None, timeout=10
        )
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SENDING + self.schema)
        self._bring_up_to_date()
        self._faults: dict[str, Any] = {**self.resting()}
        self._tried = threading.Condition(self._lock)
        self._turned = threading.Condition(self._lock)
        self._turns = 0

    # What a subclass writes.

    def routes(self) -> Sequence[Route]:
        """The addresses it answers, without its prefix."""
        raise NotImplementedError

    def compose(self, kind: str, payload: Mapping[str, Any]) -> Message | None:
        """The message that `later(kind, payload)` asked for. None = nothing to send (an inner step was taken)."""
        raise NotImplementedError

    def together(self) -> bool:
        """Whether messages that are due at one moment leave in one delivery per address (`wire.joined`)."""
        return False

    def told(self, kind: str, payload: Mapping[str, Any], answer: bytes) -> None:
        """What the merchant answered to a message it took; for subclasses that read it."""

    # State.

    def _bring_up_to_date(self) -> None:
        done = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        with self.write() as db:
            for statement in self.changes[done:]:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {max(done, len(self.changes))}")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction on the party's database; also serialises the party's threads. Use it for reads too."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def later(self, db: sqlite3.Connection, kind: str, payload: Mapping[str, Any], after_s: float = 0.0) -> None:
        """Schedule a message inside a `write()` transaction: it exists exactly if the state change does."""
        db.execute(
            "INSERT INTO sending (kind, payload, due_at) VALUES (?, ?, ?)",
            (kind, json.dumps(payload, ensure_ascii=False), time.time() + after_s),
        )
        self.world.wake()

    # Faults.

    @classmethod
    def resting(cls) -> dict[str, Any]:
        """`hold`: nothing is sent by itself; a test collects. `next`: one fault per coming request, first in first."""
        return {"hold": False, "next": [], **cls.switches}

    def fault(self, switch: str) -> Any:
        with self._lock:
            return self._faults[switch]

    def take_next(self, accept: Callable[[str], bool] = lambda _fault: True) -> str | None:
        """Pop the head of `next` if there is one and it is of the kind this request can show."""
        with self._lock:
            queue: list[str] = self._faults["next"]
            return queue.pop(0) if queue and accept(queue[0]) else None

    def linger(self, wait_s: float) -> None:
        """Answer late: after `wait_s`, or as soon as somebody turns a switch."""
        with self._turned:
            turns = self._turns
            self._turned.wait_for(lambda: self._turns != turns, wait_s)

    def _control(self, request: Request) -> Answer:
        wanted = request.json()
        if wanted.pop("reset", False):
            self.rest()
        self.turn(wanted)
        return self._show_control(request)

    def rest(self) -> None:
        """All switches as they were when the party was built."""
        with self._lock:
            self._faults = {**self.resting()}
        self.turn({})

    def turn(self, wanted: Mapping[str, Any]) -> None:
        """Set switches; all of them or none. Raises Refused(400) for what there is not."""
        resting = self.resting()
        for switch, value in wanted.items():
            if switch not in resting:
                raise Refused(400, "unknown_switch", f"{switch!r} is none of {', '.join(sorted(resting))}")
            if not _alike(value, resting[switch]):
                raise Refused(400, "bad_value", f"{switch!r} wants a {type(resting[switch]).__name__}")
            allowed = self.choices.get(switch)
            if allowed is not None and not set(value if isinstance(value, list) else [value]) <= {"", *allowed}:
                raise Refused(400, "bad_value", f"{switch!r} is one of {', '.join(allowed)}")
        self.check_switches(wanted)
        with self._turned:
            self._faults.update(wanted)
            self._turns += 1
            self._turned.notify_all()
        self.world.wake()

    def check_switches(self, wanted: Mapping[str, Any]) -> None:
        """For subclasses: raise Refused(400) for values that mean nothing."""

    def _show_control(self, _request: Request) -> Answer:
        with self._lock:
            return Answer.json(self._faults)

    # Sending.

    def due(self, at: float, limit: int, without: frozenset[int]) -> list[sqlite3.Row]:
        """Messages to be sent by `at`, except those that are being sent right now."""
        with self._lock:
            if self._faults["hold"]:
                return []
            rows = self._db.execute(
                "SELECT * FROM sending WHERE due_at <= ? AND done_at IS NULL AND gave_up_at IS NULL ORDER BY due_at, id"
                " LIMIT ?",
                (at, limit + len(without)),
            ).fetchall()
            return [row for row in rows if row["id"] not in without][:limit]

    def next_due(self, without: frozenset[int]) -> float | None:
        """When the next message wants to be sent."""
        with self._lock:
            if self._faults["hold"]:
                return None
            rows = self._db.execute(
                "SELECT id, due_at FROM sending WHERE done_at IS NULL AND gave_up_at IS NULL ORDER BY due_at LIMIT ?",
                (1 + len(without),),
            )
            return next((float(row["due_at"]) for row in rows if row["id"] not in without), None)

    def sent(self, sending_id: int) -> None:
        done = "UPDATE sending SET done_at = ?, attempts = attempts + 1 WHERE id = ?"
        with self.write() as db:
            db.execute(done, (time.time(), sending_id))
            self._tried.notify_all()

    def missed(self, sending_id: int, error: str, wait_s: float) -> None:
        """Try again after `wait_s`, or give up after the last attempt."""
        now = time.time()
        with self.write() as db:
            db.execute(
                "UPDATE sending SET attempts = attempts + 1, due_at = ?, last_error = ?,"
                " gave_up_at = CASE WHEN attempts + 1 >= ? THEN ? END WHERE id = ?",
                (now + wait_s, error[:200], ATTEMPTS_MAX, now, sending_id),
            )
            self._tried.notify_all()

    def _wait(self, request: Request) -> Answer:
        """Answers when everything that is due by now has been tried at least once, or after `timeout_s`."""
        deadline = time.monotonic() + float(request.query.get("timeout_s", "10"))
        with self._tried:
            while left := self._untried():
                rest_s = deadline - time.monotonic()
                if rest_s <= 0 or not self._tried.wait(rest_s):
                    break
        return Answer.json({"untried": left})

    def _untried(self) -> int:
        query = "SELECT count(*) FROM sending WHERE attempts = 0 AND done_at IS NULL AND due_at <= ?"
        return int(self._db.execute(query, (time.time(),)).fetchone()[0])

    def sent_lately(self, limit: int = 20) -> list[dict[str, Any]]:
        """What was and will be sent, newest first, without bodies."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, kind, due_at, attempts, done_at, gave_up_at, last_error FROM sending"
                " ORDER BY id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [dict(row) for row in rows]

    def _outbox(self, _request: Request) -> Answer:
        return Answer.json(self.sent_lately(100))

    def _collect(self, _request: Request) -> Answer:
        """Compose everything that waits, due or not, in the order of time, and hand it over instead of sending it.

        For tests with `hold` on: no clock, no waiting. Messages that composing schedules come along.
        """
        collected: list[tuple[str, Message]] = []
        while True:
            with self._lock:
                row = self._db.execute(
                    "SELECT * FROM sending WHERE done_at IS NULL AND gave_up_at IS NULL ORDER BY due_at, id LIMIT 1"
                ).fetchone()
            if row is None or len(collected) >= 1_000:
                return Answer.json([_shown(kind, message) for kind, message in self._deliveries(collected)])
            message = self.compose(row["kind"], json.loads(row["payload"]))
            self.sent(row["id"])
            if message is not None:
                collected.append((row["kind"], message))

    def _deliveries(self, collected: Sequence[tuple[str, Message]]) -> Sequence[tuple[str, Message]]:
        if not self.together():
            return collected
        by_url: dict[str, list[tuple[str, Message]]] = {}
        for kind, message in collected:
            by_url.setdefault(message.url, []).append((kind, message))
        return [(one[0][0], joined([message for _, message in one])) for one in by_url.values()]

    def all_routes(self) -> list[Route]:
        return [
            Route("POST", "/control", self._control),
            Route("GET", "/control", self._show_control),
            Route("GET", "/outbox", self._outbox),
            Route("POST", "/collect", self._collect),
            Route("POST", "/wait", self._wait),
            *self.routes(),
        ]


def _shown(kind: str, message: Message) -> dict[str, Any]:
    return {
        "kind": kind,
        "url": message.url,
        "headers": dict(message.headers),
        "body": message.body.decode("utf-8"),
    }


def _alike(value: Any, resting: Any) -> bool:
    """Whether a switch may take `value`: numbers for numbers, else the type of the resting value."""
    if isinstance(resting, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(resting, bool)
    if isinstance(resting, int | float):
        return isinstance(value, int | float) and value >= 0
    if isinstance(resting, list):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, type(resting))
