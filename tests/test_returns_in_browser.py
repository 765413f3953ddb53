"""A buyer sends goods back, on a phone without JavaScript and at a desk; clerks approve, count and settle.

Every page fits its screen, and nothing is complained about.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.house import House, wait_for
from tests.live import Visit, Visitor

pytestmark = pytest.mark.browser
ORDER = re.compile(r"/orders/KL\d+/$")
RETURN = re.compile(r"/returns/R\d+/$")
latest_s, reload_every_s = 300.0, 0.4  # however fast a page loads: what is waited for may take a tick of the clock


def reloaded_until(visitor: Visitor, holds: Callable[[], bool], what: str) -> None:
    """Load the page anew until it holds. Between two looks the house works: a page is dearer than what it waits for."""

    def looked() -> bool:
        if not holds():
            visitor.page.reload()
        return holds()

    wait_for(looked, what=what, wait_s=latest_s, every_s=reload_every_s)


def delivered(buyer: Visitor, root: str) -> None:
    """The page of an order of two of a kind that is with its buyer."""
    page = buyer.page
    buyer.go(f"{root}/c/beauty/?warehouse=bonded")
    page.locator("main .card").filter(has_not_text="SK-II").locator("a[href*='/p/']").first.click()
    page.locator("#buy button[name=next][value=checkout]").click()
    page.wait_for_url("**/checkout/**")
    page.locator("input[name=notice]").check()
    page.locator("main form aside button").click()
    page.wait_for_url("**/pay/cashier/**")
    page.locator("button[value=pay]").click()
    page.wait_for_url(ORDER)
    reloaded_until(buyer, lambda: page.locator("#progress .steps li.done").count() >= 5, "the delivery")


def kept(visitor: Visitor, name: str) -> None:
    visitor.keep(name)
    assert not visitor.too_wide(), name


@pytest.mark.parametrize(
    ("root", "phone", "words"),
    [
        ("/en", False, ("Return goods", "We are looking at it", "Please send the goods back", "Refunded")),
        ("", True, ("申请退货", "我们正在审核", "请寄回商品", "已退款")),
    ],
)
def test_goods_go_back_and_the_money_too(
    visit: Visit, open_house: House, root: str, phone: bool, words: tuple[str, ...]
) -> None:
    open_house.quicken()
    name = f"return-{'zh-phone' if phone else 'en-desktop'}"
    buyer = visit(phone=phone, java_script_enabled=not phone).log_in(start=root)
    page = buyer.page
    delivered(buyer, root)
    kept(buyer, f"{name}-order")
    way_back = page.get_by_role("link", name=words[0])
    reloaded_until(buyer, lambda: way_back.count() > 0, "the way back, which opens once the order has heard it too")
    way_back.click()
    kept(buyer, f"{name}-form")
    page.locator("input[name^=units-]").first.fill("0")
    page.locator("main form aside button").click()
    expect(page.locator("main [role=alert]")).to_be_visible()
    kept(buyer, f"{name}-form-wrong")
    page.locator("input[name^=units-]").first.fill("1")
    page.locator("textarea[name=note]").fill("Two of these came")
    page.locator("main form aside button").click()
    page.wait_for_url(RETURN)
    expect(page.locator("main .state")).to_contain_text(words[1])
    kept(buyer, f"{name}-asked")
    number = re.findall(r"R\d+", page.url)[-1]
    clerk = visit(locale="en-GB").log_in(who="service")
    _approve(clerk, number, name)
    page.reload()
    expect(page.locator("main .state")).to_contain_text(words[2])
    page.locator("input[name=tracking]").fill("SF1234567890")
    page.locator("button[value=sent]").click()
    kept(buyer, f"{name}-sent")
    _settle(clerk, name)
    page.reload()
    expect(page.locator("main .state")).to_contain_text(words[3])
    kept(buyer, f"{name}-refunded")
    assert buyer.complaints == clerk.complaints == []


def _approve(clerk: Visitor, number: str, name: str) -> None:
    clerk.go("/office/returns/?state=applied")
    kept(clerk, f"{name}-office-queue")
    clerk.page.locator(f"a.key:has-text('{number}')").click()
    kept(clerk, f"{name}-office-applied")
    clerk.page.locator("button[value=approve]").click()
    accepted = clerk.page.locator(".facts .state.good")
    reloaded_until(clerk, lambda: accepted.count() > 0, "customs' answer")


def _settle(clerk: Visitor, name: str) -> None:
    clerk.page.reload()
    kept(clerk, f"{name}-office-approved")
    clerk.page.locator("button[value=arrive]").click()
    kept(clerk, f"{name}-office-arrived")
    clerk.page.locator("button[value=complete]").click()
    kept(clerk, f"{name}-office-settled")
