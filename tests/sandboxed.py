"""The sandbox as a test sees it: the real process, spoken to over HTTP. Use it as a fixture:

    from tests.sandboxed import sandbox, sandbox_process  # noqa: F401

`sandbox` points the settings at the process, puts all fault switches to rest with `hold` on, and is a `Sandbox`:
nothing is sent by itself; `sandbox.collect("pay")` hands over what would have been sent, `sandbox.deliver(…)` posts it.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings as django_settings

PARTIES = ("pay", "carrier", "customs")


class Sandbox:
    """`url` is the root of the running process."""

    def __init__(self, url: str, state: Path) -> None:
        self.url = url
        self.state = state
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self.parties: list[str] = self.http.get("/healthz").json()["parties"]

    def control(self, party: str, **switches: Any) -> dict[str, Any]:
        """Set fault switches: `sandbox.control("pay", payments="double")`."""
        answer = self.http.post(f"/{party}/control", json=switches)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rest(self) -> None:
        """All switches to rest, nothing sent by itself, and forget what waits."""
        for party in self.parties:
            self.control(party, reset=True, hold=True)
            self.collect(party)

    def collect(self, party: str) -> list[dict[str, Any]]:
        """What `party` would have sent by now and later, as {kind, url, headers, body}."""
        return self.http.post(f"/{party}/collect").json()

    def wait(self, party: str) -> None:
        """With `hold` off: until everything that is due was sent (or tried) once."""
        assert self.http.post(f"/{party}/wait", params={"timeout_s": 60}).json()["untried"] == 0

    def deliver(self, client: Any, messages: list[dict[str, Any]]) -> list[int]:
        """Post the messages to our own addresses through Django's test client; the status of each."""
        return [
            client.post(
                urlsplit(message["url"]).path,
                data=message["body"].encode(),
                content_type=message["headers"].get("Content-Type", "application/octet-stream"),
                headers={name: value for name, value in message["headers"].items() if name != "Content-Type"},
            ).status_code
            for message in messages
        ]

    def lapse(self, request_id: str) -> None:
        """The time in which this payment may be made or taken is over."""
        with closing(sqlite3.connect(self.state / "pay" / "state.sqlite3", timeout=60)) as books, books:
            assert books.execute("UPDATE payment SET expires_at = 1 WHERE request_id = ?", (request_id,)).rowcount == 1

    def pay(self, cashier_url: str, wallet: str = "own") -> str:
        """Confirm at the cashier as the buyer would; the address the buyer is sent back to."""
        answer = self.http.post(cashier_url, data={"action": "pay", "wallet": wallet})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


@contextmanager
def started() -> Iterator[Sandbox]:
    """The process, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as state:
        process = subprocess.Popen(
            [sys.executable, "-m", "entrepot.sandbox", "--port", "0", "--state", state],
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "ENTREPOT_PAYMENT_SECRET": django_settings.PAYMENT_SECRET,
                "ENTREPOT_CARRIER_SECRET": django_settings.CARRIER_SECRET,
            },
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("sandbox on "), line
        yield Sandbox(line.removeprefix("sandbox on ").strip(), Path(state))
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    with started() as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: Sandbox, settings: Any) -> Sandbox:
    settings.SANDBOX_URL = sandbox_process.url
    settings.PAYMENT_URL = f"{sandbox_process.url}/pay"
    settings.CARRIER_URL = f"{sandbox_process.url}/carrier"
    settings.CUSTOMS_URL = f"{sandbox_process.url}/customs"
    settings.OUTSIDE_TIMEOUT_S = 60.0  # a slow machine is not silence
    sandbox_process.rest()
    return sandbox_process
