"""Messages leave by themselves, are repeated until taken, and outlive a killed sandbox."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrepot.sandbox.sending import FLYING_MAX, Scheduler, wait_s
from entrepot.sandbox.signing import signed

SECRET = "secret-of-this-test"


class Listener:
    """A merchant that answers with the statuses it is given, then 204 for ever."""

    def __init__(self) -> None:
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answers: queue.Queue[int] = queue.Queue()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listener.heard.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204 if listener.answers.empty() else listener.answers.get())
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/told"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Process:
    def __init__(self, state: Path) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "entrepot.sandbox", "--port", "0", "--state", str(state)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "ENTREPOT_PAYMENT_SECRET": SECRET, "ENTREPOT_CARRIER_SECRET": SECRET},
        )
        assert self.popen.stdout is not None
        self.url = self.popen.stdout.readline().removeprefix("sandbox on ").strip()

    def call(self, path: str, **content: Any) -> Any:
        body = json.dumps(content).encode()
        return httpx.post(self.url + path, content=body, headers=signed(SECRET, body), trust_env=False).json()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.popen.send_signal(how)
        code = self.popen.wait(timeout=60)
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        return code


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    yield made
    if made.popen.poll() is None:
        made.end()


def book(process: Process, listener: Listener, request_id: str) -> None:
    process.call(
        "/carrier/v1/waybills",
        request_id=request_id,
        reference="KL1-1",
        trade_mode="1210",
        weight_g=100,
        goods="milk",
        notify_url=listener.url,
        consignee={"name": "x", "phone": "1", "address": "y", "province": "浙江省", "city": "宁波市"},
    )


def codes(listener: Listener, count: int) -> list[str]:
    return [listener.heard.get(timeout=60)["scans"][0]["code"] for _ in range(count)]


def test_pauses_grow_to_a_minute() -> None:
    assert [wait_s(attempt) for attempt in range(1, 11)] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]


class Backlog:
    """A party with much to say, but nobody to say it to."""

    name = "backlog"

    def __init__(self) -> None:
        self.left, self.flying = set(range(8 * FLYING_MAX)), 0
        self.done = threading.Event()

    def together(self) -> bool:
        return False

    def due(self, at: float, limit: int, without: frozenset[int]) -> list[dict[str, Any]]:
        found = sorted(self.left - without)[:limit]
        self.flying = max(self.flying, len(without) + len(found))
        return [{"id": n, "kind": "word", "payload": "{}", "attempts": 0} for n in found]

    def next_due(self, without: frozenset[int]) -> float | None:
        return 0.0 if self.left - without else None

    def compose(self, kind: str, payload: Any) -> None:
        return None

    def sent(self, sending_id: int) -> None:
        self.left.remove(sending_id)
        if not self.left:
            self.done.set()


def test_of_a_backlog_only_so_much_is_looked_at_at_a_time() -> None:
    backlog = Backlog()
    Scheduler().start([backlog])  # type: ignore[list-item] # as much of a party as a scheduler asks
    assert backlog.done.wait(60)
    assert backlog.flying <= FLYING_MAX


def test_a_journey_is_reported_by_itself(process: Process, listener: Listener) -> None:
    process.call("/carrier/control", journey_s=0.2, duplicate=True)
    book(process, listener, "one")
    process.call("/carrier/v1/waybills/dispatch", request_id="one")
    told = codes(listener, 10)
    assert sorted(set(told)) == ["arrived", "delivered", "departed", "out_for_delivery", "picked_up"]
    assert all(told.count(code) == 2 for code in told)


def test_what_is_not_taken_is_sent_again(process: Process, listener: Listener) -> None:
    for status in (500, 404):
        listener.answers.put(status)
    process.call("/carrier/control", journey_s=0)
    book(process, listener, "one")
    process.call("/carrier/v1/waybills/dispatch", request_id="one")
    assert len(codes(listener, 7)) == 7  # five scans, two of them twice
    assert listener.heard.empty()


def test_a_killed_sandbox_sends_what_it_owes(process: Process, listener: Listener, tmp_path: Path) -> None:
    process.call("/carrier/control", journey_s=0, hold=True)
    book(process, listener, "one")
    process.call("/carrier/v1/waybills/dispatch", request_id="one")
    assert process.end(signal.SIGKILL) == -signal.SIGKILL
    assert listener.heard.empty()
    again = Process(tmp_path)
    assert sorted(codes(listener, 5)) == ["arrived", "delivered", "departed", "out_for_delivery", "picked_up"]
    assert len(again.call("/carrier/v1/waybills/query", request_id="one")["scans"]) == 5
    assert again.end() == 0


def test_it_stops_at_once_when_told(process: Process, listener: Listener) -> None:
    assert process.end() == 0
