"""The back office in a real browser: overview, orders and a held declaration, wide and narrow, without a complaint."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from entrepot.customs.tests import makers as customs_made
from entrepot.identity.tests.makers import clerk
from entrepot.identity.types import Role
from entrepot.payments.types import PayerCheck
from entrepot.web.common.tests.makers import log_in
from tests.customs_port import customs_port  # noqa: F401
from tests.live import SCREENSHOTS, browser, server  # noqa: F401
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Playwright keeps an event loop in this thread; no code of Django's runs in it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


class Desk:
    """A clerk's window; `faults` are what the console, the policy and the server complained of."""

    def __init__(self, context: Any, address: str, session: str) -> None:
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        self.page, self.address = context.new_page(), address
        self.faults: list[str] = []
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda wrong: self.faults.append(str(wrong)))

    def go(self, path: str) -> None:
        self.page.goto(self.address + path, wait_until="networkidle")
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"


@pytest.fixture(params=[("zh-CN", 1440), ("en-GB", 390)], ids=["zh-wide", "en-narrow"])
def desk(request: Any, browser: Any, customs_port: Sandbox, settings: Any, monkeypatch: Any) -> Iterator[Desk]:  # noqa: F811
    """The web process is told where the test's keys are before it starts."""
    for name in ("CUSTOMS_KEY_FILE", "CUSTOMS_PORT_CERTIFICATE_FILE"):
        monkeypatch.setenv(f"ENTREPOT_{name}", getattr(settings, name))
    address = request.getfixturevalue("server")
    language, width = request.param
    session = log_in(Client(), clerk(*Role)).cookies["sessionid"].value
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=language)
    yield Desk(context, address, session)
    context.close()


def test_a_clerk_works_through_the_day(desk: Desk, request: Any) -> None:
    one = customs_made.declared(customs_made.parcel(payer_check=PayerCheck.DIFFERENT))
    chinese = "zh" in request.node.callspec.id
    folder = SCREENSHOTS / f"office-{request.node.callspec.id}"
    folder.mkdir(parents=True, exist_ok=True)
    page = desk.page
    desk.go("/office/")
    assert page.locator("h2", has_text="每日订单" if chinese else "Orders per day").is_visible()
    page.screenshot(path=folder / "overview.png", full_page=True)
    desk.go("/office/orders/")
    page.locator("#q").press_sequentially("KL")
    page.wait_for_url("**q=KL**")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / "orders.png", full_page=True)
    page.locator("#rows a.key").first.click()
    page.wait_for_url("**/office/orders/*/*/")
    page.locator(".reckoned summary").first.click()
    page.screenshot(path=folder / "order.png", full_page=True)
    desk.go(f"/office/declarations/{one.buyer_id}/{one.parcel_id}/")
    first = one.differences[0]
    assert (first.zh if chinese else first.en) in page.locator(".office").inner_text()
    page.screenshot(path=folder / "declaration.png", full_page=True)
    page.locator("button[value=redeclare]").click()
    page.locator("#main").get_by_text("单证仍不一致" if chinese else "still do not agree").wait_for()
    page.locator(".language button").click()
    page.locator(".office h2", has_text="Why it is held" if chinese else "受阻原因").wait_for()
    assert desk.faults == []
