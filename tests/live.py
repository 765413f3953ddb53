"""The open shop and a browser, for tests that walk through it as people do.

The fixtures are known everywhere (`tests.plugin`); imported by name they would open a house for each file.
`open_house` is a whole house with the demo (`tests.house`), opened once for all browser tests of a run. `visit` opens
pages of it in Debian's chromium: `visit(phone=True)` is a fresh visitor without cookies. Skips with the reason where
the machine has no chromium. With ENTREPOT_SCREENSHOTS=1 every page that a walk keeps is photographed too: drawing
whole pages is dear, and no test looks at them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.house import ROOT, House, house

# The shell is the same browser without its own windows: a walk takes a quarter of the CPU.
CHROMIUM = (
    os.environ.get("ENTREPOT_CHROMIUM")
    or shutil.which("chromium-headless-shell")
    or shutil.which("chromium")
    or "/usr/bin/chromium"
)
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = ROOT / "var" / "screenshots"
PHOTOGRAPHED = bool(os.environ.get("ENTREPOT_SCREENSHOTS"))
DESKTOP, PHONE = (1440, 900), (390, 844)
answer_wait_ms = 60_000
DOMAIN, PASSWORD = "demo.entrepot.test", "koala-lane-demo"  # the demo prints them
pictured = 30  # products with pictures: enough for the first page of a category


@dataclass(frozen=True)
class Browser:
    """Chromium, and the event loop of its driver.

    The driver leaves its loop standing as running in the thread, where Django would take every later test for
    asynchronous code, with database connections of its own. So it stands there only while the browser is driven.
    """

    chromium: Any
    loop: asyncio.AbstractEventLoop | None

    @contextmanager
    def driven(self) -> Iterator[Any]:
        """Chromium, until the block ends, and with it all that was opened."""
        asyncio._set_running_loop(self.loop)
        try:
            yield self.chromium
            for context in self.chromium.contexts:
                context.close()
        finally:
            asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine: apt-get install chromium-headless-shell, or set ENTREPOT_CHROMIUM")
    playwright.expect.set_options(timeout=answer_wait_ms)
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        driven = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        yield Browser(opened, driven)
        asyncio._set_running_loop(driven)
        opened.close()


@pytest.fixture(scope="session")
def open_house(browser: Browser) -> Iterator[House]:
    waits = {"ENTREPOT_LIMIT_WAIT_DAYS_MAX": "400"}  # until the new year, on whatever day the tests run
    with house(ENTREPOT_LOG="WARNING", ENTREPOT_DEMO_PICTURES=str(pictured), **waits) as opened:
        yield opened


def photograph(page: Any, name: str) -> None:
    """A picture of the whole page under var/screenshots, where pictures are wanted."""
    if PHOTOGRAPHED:
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


class Visitor:
    """One page of a visitor of their own. What the browser complains about is collected in `complaints`."""

    def __init__(self, context: Any, root: str) -> None:
        self.context, self.root = context, root
        self.page = context.new_page()
        self.page.set_default_timeout(answer_wait_ms)
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> Visitor:
        self.page.goto(self.root + path)
        return self

    def see(self, text: str) -> Any:
        """Wait until the page shows the text."""
        found = self.page.get_by_text(text).first
        found.wait_for()
        return found

    def keep(self, name: str) -> None:
        photograph(self.page, name)

    def too_wide(self) -> bool:
        self.page.wait_for_load_state("domcontentloaded")  # between two pages there is nothing to measure
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    def log_in(self, start: str = "/en", who: str = "buyer") -> Visitor:
        """As one of the demo's people: "buyer", or the name of a role."""
        self.go(f"{start}/accounts/login/")
        self.page.fill("#id_login", f"{who}@{DOMAIN}")
        self.page.fill("#id_password", PASSWORD)
        self.page.click("main button.button")
        self.page.wait_for_url(lambda url: "/accounts/login" not in url)
        return self


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, open_house: House) -> Iterator[Visit]:
    with browser.driven() as chromium:

        def come(*, phone: bool = False, **options: Any) -> Visitor:
            width, height = PHONE if phone else DESKTOP
            context = chromium.new_context(viewport={"width": width, "height": height}, **options)
            return Visitor(context, open_house.url)

        yield come
