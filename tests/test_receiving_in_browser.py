"""Counting at the dock in a browser: a scanner types, the line goes and comes back, nothing is lost or doubled."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from entrepot.receiving.tests.makers import gtin
from tests.house import House
from tests.live import Visit, Visitor, answer_wait_ms
from tests.test_shop_in_browser import barriers

pytestmark = pytest.mark.browser
MADE = """
from entrepot.procurement.tests import makers as buying
from entrepot.receiving.tests.makers import dock
from entrepot.stock import selectors as stock
place = next(one.id for one in stock.warehouses().values() if one.kind == "overseas")
print("receipt", dock((10,), of=buying.contract(currency="CNY"), place=place).receipt_id)
"""


@pytest.fixture(scope="module")
def receipt(open_house: House) -> str:
    """The address of an open receipt: ten units of one article are announced."""
    found = re.search(r"receipt (\S+)", open_house.command("shell", "-c", MADE))
    assert found is not None
    return f"/office/receipts/{found[1]}/"


def scanned(visitor: Visitor, times: int) -> None:
    """As a keyboard-wedge scanner does: digits and Enter, wherever it is told to type."""
    for _ in range(times):
        visitor.page.keyboard.type(gtin(0))
        visitor.page.keyboard.press("Enter")


def test_an_hour_without_a_line_and_a_page_without_scripts(visit: Visit, receipt: str) -> None:
    visitor = visit(locale="en-GB").log_in("/en", "warehouse").go(receipt)
    page = visitor.page
    counted = page.locator("#counts td.num b").first
    expect(page.locator("[name=code]")).to_be_focused()
    scanned(visitor, 2)
    expect(page.locator("#said")).not_to_be_empty()
    expect(counted).to_have_text("2", timeout=answer_wait_ms)
    assert barriers(visitor) == []
    assert visitor.complaints == []
    page.context.set_offline(True)
    scanned(visitor, 3)
    expect(page.locator("#said")).to_contain_text("not sent yet: 3")
    expect(counted).to_have_text("2")
    page.context.set_offline(False)
    expect(counted).to_have_text("5", timeout=answer_wait_ms)
    expect(page.locator("#said")).not_to_contain_text("not sent yet")
    page.keyboard.type("4006381333932")
    page.keyboard.press("Enter")
    expect(page.locator("#refused")).to_contain_text("wrong check digit", timeout=answer_wait_ms)
    page.locator("#refused button").click()
    visitor.keep("office/receipt")
    assert not visitor.too_wide()

    plain = visit(locale="en-GB", java_script_enabled=False, storage_state=page.context.storage_state()).go(receipt)
    plain.page.locator("[name=code]").fill(gtin(0))
    plain.page.locator("[name=units]").fill("4")
    plain.page.locator("#scan button").first.click()
    expect(plain.page.locator("#counts td.num b").first).to_have_text("9", timeout=answer_wait_ms)
    plain.page.locator("#counts td.whole input").fill("carton torn")
    plain.page.locator("button[value=close]").click()
    expect(plain.page.locator("body")).to_contain_text("the goods are in stock", timeout=answer_wait_ms)
    plain.keep("office/receipt-closed")
