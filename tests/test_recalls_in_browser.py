"""A lot is called back: an operator opens the recall, its buyer is told and sends it back; a code shows the journey.

Every page fits its screen, on a phone too, and nothing is complained about.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.house import House
from tests.live import Visit, Visitor
from tests.test_returns_in_browser import delivered, kept, reloaded_until

pytestmark = pytest.mark.browser
TEXTS = {
    "reason_zh": "部分罐体密封不良，内容物可能变质。",
    "reason_en": "Some tins are not sealed: what is in them may spoil.",
    "instruction_zh": "请立即停止使用，不要转送他人。",
    "instruction_en": "Stop using it at once and do not give it away.",
}  # fmt: skip


def bought_code(house: House) -> str:
    """The article of the newest order."""
    with house.database() as database:
        row = database.execute("SELECT sku_code FROM orders_line ORDER BY id DESC LIMIT 1").fetchone()
    assert row is not None
    return str(row[0])


def opened(operator: Visitor, code: str, name: str) -> None:
    page = operator.page
    operator.go(f"/office/recalls/new/?q={code}")
    for box in page.locator("input[name=lot]").all():
        box.check()
    for field, text in TEXTS.items():
        page.locator(f"textarea[name={field}]").fill(text)
    kept(operator, f"{name}-new")
    page.locator("button.danger").click()
    page.wait_for_url("**/office/recalls/*-*/")
    reloaded_until(operator, lambda: page.locator("#coverage progress").count() == 0, "the job of the recall")
    operator.go(urlsplit(page.url).path + "?state=sold")
    kept(operator, f"{name}-open")


def labelled(operator: Visitor, code: str, name: str) -> str:
    """Makes one code for one unit; its text."""
    page = operator.page
    operator.go(f"/office/codes/?q={code}")
    kept(operator, f"{name}-lots")
    page.locator("input[name=units]").first.fill("1")
    page.locator("td form button").first.click()
    page.wait_for_url("**/office/codes/*-*/")
    kept(operator, f"{name}-labels")
    return page.locator(".label code").first.inner_text()


def test_a_lot_is_called_back_and_a_code_tells_its_journey(visit: Visit, open_house: House) -> None:
    open_house.quicken()
    buyer = visit(phone=True).log_in(start="/en")
    delivered(buyer, "/en")
    order = urlsplit(buyer.page.url).path
    code, operator = bought_code(open_house), visit(locale="en-GB").log_in(who="operator")
    opened(operator, code, "recall-office")
    operator.go("/office/recalls/")
    kept(operator, "recall-office-list")
    buyer.go("/en/account/")
    kept(buyer, "recall-account-en-phone")
    buyer.go(order.replace("/en/", "/"))
    kept(buyer, "recall-order-zh-phone")
    buyer.go(order)
    expect(buyer.page.locator("main .note.bad")).to_contain_text(TEXTS["instruction_en"])
    kept(buyer, "recall-order-en-phone")
    buyer.page.locator("main .note.bad a.button").click()
    assert buyer.page.locator("input[value=recalled]").is_checked()
    label = labelled(operator, code, "codes-office")
    for path, words, phone in ((f"/t/{label}/", "溯源码有效", True), (f"/en/t/{label}/", "This code is ours", False)):
        reader = visit(phone=phone)
        reader.go(path)
        expect(reader.page.locator("main .note.good")).to_contain_text(words)
        expect(reader.page.locator("main .note.bad")).to_be_visible()  # ours, and called back
        kept(reader, f"journey-{'zh-phone' if phone else 'en-desktop'}")
        assert reader.complaints == []
    assert buyer.complaints == operator.complaints == []
