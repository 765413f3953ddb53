"""People with papers and access keys who order over HTTP, and what became of each call."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.load import DONE, Result, result, wrk

READY_S = 60
REST_S = 15.0  # the house closes after 30
JSON = "Content-Type: application/json\r\n"
_LUA = """
local calls = {%s}
local mine, at = "%s", 0
request = function()
  at = at + 1
  local call = calls[(at - 1) %% #calls + 1]
  return wrk.format("POST", "/api/v1/orders", {["Content-Type"] = "application/json",
    ["Authorization"] = call[1], ["Idempotency-Key"] = mine .. at}, call[2])
end
"""


@dataclass(frozen=True, slots=True)
class Call:
    """An order as it goes over the wire, but for its key."""

    secret: str
    body: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller was told: HTTP status (0: the connection broke), a refusal's code, the order's number, how long."""

    status: int
    code: str
    number: str
    ms: float
    replayed: bool


@contextmanager
def processes(names: Sequence[str], ports: Sequence[int]) -> Iterator[list[str]]:
    """Web or intake processes of this house, each alone on its port; their addresses, once they answer."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "entrepot", name],
            env={**os.environ, "PORT": str(port), "ENTREPOT_INTAKE_PORT": str(port)},
        )
        for name, port in zip(names, ports, strict=True)
    ]
    try:
        for port in ports:
            asyncio.run(_answers(port))
        yield [f"http://127.0.0.1:{port}" for port in ports]
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait(READY_S)


async def _answers(port: int) -> None:
    for _ in range(READY_S * 10):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise TimeoutError(f"nothing listens on port {port}")


def rush(base: str, calls: Sequence[Call], *, concurrency: int, seconds: int) -> Result:
    """Order in turn for some seconds, each time under a new key, over kept connections.

    With `wrk` where it is installed: a client in Python takes as much of the machine as what is measured."""
    key = f"rush-{time.time_ns()}-"
    if shutil.which("wrk") is None:
        return asyncio.run(_rush(base, calls, key, concurrency, seconds))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "calls.lua"
        listed = ", ".join(f"{{{json.dumps(f'Bearer {one.secret}')}, {json.dumps(one.body)}}}" for one in calls)
        script.write_text(_LUA % (listed, key) + DONE)
        return wrk(f"-t1 -c{concurrency} -d{seconds}s --timeout 10s".split(), script, base)


async def _rush(base: str, calls: Sequence[Call], key: str, concurrency: int, seconds: int) -> Result:
    turns, times, failed, end = itertools.cycle(enumerate(calls)), list[float](), [0], time.perf_counter() + seconds

    async def buyer(name: int) -> None:
        async with Line(base) as line:
            for turn in itertools.count():
                if time.perf_counter() >= end:
                    return
                _, call = next(turns)
                told = await line.send(call, f"{key}{name}-{turn}")
                failed[0] += told.status != 201
                times.append(told.ms)

    await asyncio.gather(*(buyer(n) for n in range(concurrency)))
    return result(times, seconds, failed[0])


class Line:
    """A kept connection; a broken one, or one that rested so long that the house may close it, is opened again."""

    def __init__(self, base: str) -> None:
        self._used_at = 0.0
        parts = urlsplit(base)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Line:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._drop()

    def _drop(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def send(self, call: Call, key: str) -> Told:
        """Place an order under a key."""
        began = time.perf_counter()
        headers = f"Authorization: Bearer {call.secret}\r\nIdempotency-Key: {key}\r\n"
        try:
            status, head, body = await self.ask("POST", "/api/v1/orders", headers + JSON, call.body.encode())
        except (OSError, EOFError):
            return Told(0, "", "", 1e3 * (time.perf_counter() - began), replayed=False)
        said = json.loads(body)
        return Told(
            status,
            said.get("code", ""),
            said.get("number", ""),
            1e3 * (time.perf_counter() - began),
            b"idempotency-replayed" in head.lower(),
        )

    async def ask(self, method: str, path: str, headers: str, body: bytes = b"") -> tuple[int, bytes, bytes]:
        """Status, head and body of an answer. A broken connection is dropped and told: OSError, EOFError."""
        try:
            if time.monotonic() - self._used_at > REST_S:
                self._drop()
            self._used_at = time.monotonic()
            if self._streams is None:
                self._streams = await asyncio.open_connection(self._host, self._port)
            reader, writer = self._streams
            host = f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            writer.write(f"{host}{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            head = await reader.readuntil(b"\r\n\r\n")
            status, (_, named, rest) = int(head.split(None, 2)[1]), head.lower().partition(b"content-length:")
            length = int(rest.split(b"\r\n")[0]) if named else 0
            if not named and status not in (204, 304):
                raise EOFError(f"{path} answered {status} without a length")
            return status, head, await reader.readexactly(length)
        except (OSError, EOFError):
            self._drop()
            raise
