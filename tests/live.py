"""The running server, for tests that drive a browser: the real web process on the test's database.

    from tests.live import browser, page, server  # noqa: F401

`server` is its address; use it with `@pytest.mark.django_db(transaction=True)` and make the data first. `page` is a
fresh Playwright page with no cookies. Both skip with the reason where the machine has no chromium.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection

CHROMIUM = os.environ.get("ENTREPOT_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path(__file__).resolve().parent.parent / "var" / "screenshots"
start_wait_s = 30


def free_port() -> int:
    with socket.socket() as at:
        at.bind(("127.0.0.1", 0))
        return int(at.getsockname()[1])


def database_url() -> str:
    """Where the test's own database is, as other processes are told."""
    known = connection.settings_dict
    who = f"{known['USER']}:{known['PASSWORD']}" if known["PASSWORD"] else known["USER"]
    port = f"&port={known['PORT']}" if known["PORT"] else ""
    return f"postgresql://{who}@/{known['NAME']}?host={known['HOST']}{port}"


def environment(port: int, **more: str) -> dict[str, str]:
    """What a process of the house needs to share the test's database, pictures and keys."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "ENTREPOT_URL": f"http://127.0.0.1:{port}",
        "ENTREPOT_MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "ENTREPOT_SANDBOX_URL": settings.SANDBOX_URL,
        "ENTREPOT_DEMO": "1",
        "ENTREPOT_LOG": "WARNING",
        **more,
    }


def wait_for(is_so: Callable[[], bool], process: subprocess.Popen[bytes], wait_s: float = start_wait_s) -> None:
    deadline = time.monotonic() + wait_s
    while not is_so():
        assert process.poll() is None, "the process ended early"
        assert time.monotonic() < deadline, "the process did not get ready"
        process.returncode = None
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def server(transactional_db: None) -> Iterator[str]:
    """The address of a web process that serves the test's database."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "entrepot.server.wsgi:application",
        *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "4", "--log-level", "warning"),
    ]
    process = subprocess.Popen(command, env=environment(port))
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(f"{address}/robots.txt"), process)
        yield address
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine: apt-get install chromium, or set ENTREPOT_CHROMIUM")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield opened
        opened.close()
