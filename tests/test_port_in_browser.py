"""The sandbox port's pages in a browser: a case is provoked, decided and read, also on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from entrepot.sandbox.tests.trader import Purchase, Trader
from tests.live import DESKTOP, PHONE, Browser, Visitor
from tests.sandboxed import Sandbox, sandbox, sandbox_process  # noqa: F401

pytestmark = pytest.mark.browser


@pytest.fixture(params=["desktop", "phone"])
def visitor(browser: Browser, sandbox: Sandbox, request: Any) -> Iterator[Visitor]:  # noqa: F811
    sandbox.control("customs", pace_s=0, together=False, tax_bills=True)
    width, height = PHONE if request.param == "phone" else DESKTOP
    with browser.driven() as chromium:
        yield Visitor(chromium.new_context(viewport={"width": width, "height": height}), sandbox.url)


def _good(visitor: Visitor, name: str) -> None:
    """Fits the screen, is accessible, and the browser has nothing to say."""
    visitor.keep(f"port-{name}-{visitor.page.viewport_size['width']}")
    assert not visitor.too_wide(), name
    found = Axe().run(visitor.page)
    assert found.violations_count == 0, found.generate_report()
    assert visitor.complaints == []


def test_a_case_is_provoked_decided_and_read(visitor: Visitor, sandbox: Sandbox) -> None:  # noqa: F811
    page, trader = visitor.page, Trader(sandbox)
    visitor.go("/customs/?lang=en")
    page.select_option("select[name=next]", "status:500")
    page.get_by_role("button", name="Set", exact=True).click()
    page.locator("ol li", has_text="List: Inspected (500)").wait_for()
    _good(visitor, "switches")
    of = trader.listed(Purchase(), upto=(2, 120, 500))
    page.get_by_role("link", name="What was received").click()
    page.fill("input[name=q]", of.order_no)
    page.select_option("select[name=kind]", "621")
    page.get_by_role("button", name="Find").click()
    visitor.see("500 Inspected")
    _good(visitor, "documents")
    page.get_by_role("link", name=of.order_no).first.click()
    page.select_option("select[name=status]", "800")
    page.get_by_role("button", name="Decide").click()
    visitor.see("800 Released")
    page.get_by_text("All fields").first.click()
    _good(visitor, "order")
    assert trader.state(of) == "released"
    for name in ("Tax bills", "Payment data", "Quota book"):
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("heading", name=name, level=1).wait_for()
        _good(visitor, name.replace(" ", "-").lower())
    page.get_by_role("link", name="中文").click()
    visitor.see("个人额度")
