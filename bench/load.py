"""Load over HTTP: `wrk` where it is installed, else a small client of our own (slower, so it says so)."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

_LUA = """
local paths = {%s}
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format(%s, paths[at], {["Content-Type"] = "application/json"}, %s)
end
"""

DONE = """
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), failed))
end
"""


@dataclass(frozen=True, slots=True)
class Result:
    requests: int
    per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failed: int


def client() -> str:
    return "wrk" if shutil.which("wrk") else "built-in client"


def run(base: str, paths: Sequence[str], *, concurrency: int, seconds: int, body: str = "") -> Result:
    """Ask for the paths in turn for some seconds over `concurrency` kept connections; JSON in `body` is posted."""
    if shutil.which("wrk") is None:
        return asyncio.run(_ask(base, paths, concurrency, seconds, body))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "paths.lua"
        method, listed = "POST" if body else "GET", ", ".join(json.dumps(path) for path in paths)
        script.write_text(_LUA % (listed, json.dumps(method), json.dumps(body)) + DONE)
        return wrk(f"-t1 -c{concurrency} -d{seconds}s".split(), script, base)


def wrk(options: Sequence[str], script: Path, base: str) -> Result:
    """What `wrk` says with a script that ends in DONE."""
    said = subprocess.run(["wrk", *options, "-s", str(script), base], capture_output=True, text=True, check=True).stdout
    figures = next(line for line in said.splitlines() if line.startswith("RESULT ")).split()[1:]
    requests, duration_us, p50, p95, p99, failed = map(int, figures)
    return Result(requests, requests * 1e6 / duration_us, p50 / 1e3, p95 / 1e3, p99 / 1e3, failed)


async def _ask(base: str, paths: Sequence[str], concurrency: int, seconds: int, body: str = "") -> Result:
    host, port = urlsplit(base).hostname or "", urlsplit(base).port or 80
    method, rest = "POST" if body else "GET", f"HTTP/1.1\r\nHost: {host}:{port}\r\n"
    rest += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}" if body else "\r\n"
    turns, times, failed = cycle(paths), [], [0]
    end = time.perf_counter() + seconds

    async def visitor() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        while (began := time.perf_counter()) < end:
            writer.write(f"{method} {next(turns)} {rest}".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            failed[0] += not head.startswith(b"http/1.1 200")
            times.append((time.perf_counter() - began) * 1e3)
        writer.close()

    await asyncio.gather(*(visitor() for _ in range(concurrency)))
    return result(times, seconds, failed[0])


def result(times_ms: list[float], seconds: float, failed: int) -> Result:
    """From how long each call took."""
    times_ms.sort()
    at = [times_ms[min(int(len(times_ms) * part), len(times_ms) - 1)] for part in (0.5, 0.95, 0.99)]
    return Result(len(times_ms), len(times_ms) / seconds, at[0], at[1], at[2], failed)
