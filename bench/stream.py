"""Orders over HTTP by a schedule: so many a second, whether or not those before them are answered.

As cheap as Python allows, since the load shares the machine with what is measured: the requests are made before, each
connection is a protocol that looks for the status only, and waits are counted from the moment an order was due.
"""

from __future__ import annotations

import asyncio
import json
import time
from array import array
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.crowd import REST_S, Call

CONNECTIONS_MAX = 6_000
TICK_S = 0.002
ANSWERED_S = 30.0  # so long is waited for the last answers
PLACED, BUSY, BROKEN = 201, 429, 0
Done = Callable[["Wire", int, bytes], None]


@dataclass
class Log:
    """When each order was due and answered, in seconds from the beginning, and with which status."""

    began: float = field(default_factory=time.perf_counter)
    due: array[float] = field(default_factory=lambda: array("d"))
    answered: array[float] = field(default_factory=lambda: array("d"))
    status: array[int] = field(default_factory=lambda: array("i"))
    wrong: Counter[str] = field(default_factory=Counter)  # by what was told instead of "placed" and "come again"
    unanswered: int = 0
    sent: array[float] = field(default_factory=lambda: array("d"))  # when they went out
    cpu_s: float = 0.0  # of the callers

    def add(self, due: float, status: int, body: bytes = b"") -> None:
        self.due.append(due - self.began)
        self.answered.append(time.perf_counter() - self.began)
        self.status.append(status)
        if status not in (PLACED, BUSY):
            self.wrong[f"{status} {_code(body)}"] += 1

    def waits_ms(self, status: int, since: float = 0.0, until: float = 1e9) -> list[float]:
        """Of those with this answer that were due then, sorted."""
        rows = zip(self.due, self.answered, self.status, strict=True)
        return sorted(1e3 * (end - due) for due, end, one in rows if one == status and since <= due < until)

    def count(self, status: int, since: float = 0.0, until: float = 1e9) -> int:
        """How many had this answer in a time."""
        rows = zip(self.answered, self.status, strict=True)
        return sum(one == status and since <= end < until for end, one in rows)

    def went_out(self, since: float = 0.0, until: float = 1e9) -> int:
        """How many were sent in a time."""
        return sum(since <= at < until for at in self.sent)

    def failed(self, since: float = 0.0, until: float = 1e9) -> int:
        """How many that were due then were not placed."""
        rows = zip(self.due, self.status, strict=True)
        return self.unanswered + sum(one != PLACED and since <= due < until for due, one in rows)


def share(sorted_ms: Sequence[float], part: float) -> float:
    """The wait that this part of them did not exceed; 0 where nobody waited."""
    return sorted_ms[min(int(len(sorted_ms) * part), len(sorted_ms) - 1)] if sorted_ms else 0.0


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError):
        return ""


class Wire(asyncio.Protocol):
    """A kept connection with one request under way at most. `done` is told status and body; BROKEN where it broke."""

    def __init__(self, done: Done) -> None:
        self._done, self._got, self.due, self.used_at = done, b"", 0.0, 0.0
        self.open, self.busy = False, False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.open = transport, True

    def send(self, request: bytes, due: float) -> None:
        self.due, self.busy = due, True
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._got = got = self._got + data if self._got else data
        end = got.find(b"\r\n\r\n")
        if end < 0:
            return
        body_at = end + 4
        length = int(got[:end].lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(got) >= body_at + length:
            self._got, self.busy = b"", False
            self._done(self, int(got[9:12]), got[body_at:])

    def connection_lost(self, _: Exception | None) -> None:
        self.open = False
        if self.busy:
            self.busy = False
            self._done(self, BROKEN, b"")


class Stream:
    """Callers of one house. Each order has a key of its own; the calls are made in turn."""

    def __init__(self, base: str, calls: Sequence[Call]) -> None:
        parts = urlsplit(base)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._requests = [request(f"{self._host}:{self._port}", one) for one in calls]
        self._key, self._turn = f"stream-{time.time_ns()}-", 0
        self._free, self._late, self._opening, self._busy = list[Wire](), deque[float](), 0, 0
        self._tasks = set[asyncio.Task[None]]()
        self.log, self._again_until = Log(), 0.0

    async def offered(self, phases: Sequence[tuple[float, float]]) -> Log:
        """(a second, seconds) one after the other, without a pause between them."""
        self._begin()
        start = time.perf_counter()
        self.log.began = start
        for per_s, seconds in phases:
            sent, orders = 0, int(per_s * seconds)
            while sent < orders:
                until = min(int((time.perf_counter() - start) * per_s) + 1, orders)
                for n in range(sent, until):
                    self._send(start + n / per_s)
                sent = max(sent, until)
                await asyncio.sleep(TICK_S)
            start += seconds
        return await self._ended()

    async def rushed(self, callers: int, seconds: float) -> Log:
        """So many callers, each of whom orders again as soon as the order before is answered."""
        self._begin()
        self._again_until = self.log.began + seconds
        for _ in range(callers):
            self._send(self.log.began)
        await asyncio.sleep(seconds)
        return await self._ended()

    def _begin(self) -> None:
        self.log, self._cpu, self._again_until = Log(), time.process_time(), 0.0

    async def _ended(self) -> Log:
        deadline = time.perf_counter() + ANSWERED_S
        while self._busy + len(self._late) and time.perf_counter() < deadline:
            await asyncio.sleep(TICK_S)
        self.log.cpu_s = time.process_time() - self._cpu
        self.log.unanswered = self._busy + len(self._late)
        for wire in self._free:
            wire.close()
        self._free.clear()
        return self.log

    def _send(self, due: float) -> None:
        now = time.perf_counter()
        while self._free:
            wire = self._free.pop()
            if wire.open and now - wire.used_at < REST_S:
                self._order(wire, due)
                return
            wire.close()
        self._late.append(due)
        if self._busy + self._opening < CONNECTIONS_MAX:
            self._opening += 1
            task = asyncio.get_running_loop().create_task(self._open())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            _, wire = await loop.create_connection(lambda: Wire(self._answered), self._host, self._port)
        except OSError:
            if self._late:
                self.log.add(self._late.popleft(), BROKEN)
            return
        finally:
            self._opening -= 1
        self._next(wire)

    def _order(self, wire: Wire, due: float) -> None:
        head, tail = self._requests[self._turn % len(self._requests)]
        self._busy += 1
        self._turn += 1
        self.log.sent.append(time.perf_counter() - self.log.began)
        wire.send(head + f"{self._key}{self._turn}".encode() + tail, due)

    def _answered(self, wire: Wire, status: int, body: bytes) -> None:
        self._busy -= 1
        self.log.add(wire.due, status, body)
        now = wire.used_at = time.perf_counter()
        if now < self._again_until:
            self._late.append(now)
        if wire.open:
            self._next(wire)
        elif self._late:
            self._send(self._late.popleft())

    def _next(self, wire: Wire) -> None:
        if self._late:
            self._order(wire, self._late.popleft())
        else:
            wire.used_at = time.perf_counter()
            self._free.append(wire)


def request(host: str, call: Call) -> tuple[bytes, bytes]:
    """An order over the wire before its key and after it."""
    body = call.body.encode()
    head = f"POST /api/v1/orders HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {call.secret}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: "
    return head.encode(), b"\r\n\r\n" + body
