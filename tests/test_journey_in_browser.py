"""The whole story in a real browser against the whole running house, in Chinese and in English.

A buyer looks for an imported product, sees the tax, puts it into the basket, checks out, pays at the provider, and
follows the parcel through customs to the door; then a clerk finds the order in the back office with its documents.
Every step can be photographed (`tests.live`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from entrepot.demo import people
from tests.house import House, wait_for
from tests.live import Browser, photograph

pytestmark = pytest.mark.browser
BUYER, CLERK = "buyer@demo.entrepot.test", "customs@demo.entrepot.test"
story_wait_s = 300  # what is waited for may take a tick of the clock


@pytest.fixture(scope="module")
def opened(open_house: House) -> House:
    open_house.quicken()
    return open_house


class Walk:
    """One visitor's way."""

    def __init__(self, page: Any, at: House, name: str) -> None:
        self.page, self.at, self.name = page, at, name
        self.faults: list[str] = []
        self.step = 0
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda wrong: self.faults.append(str(wrong)))
        page.on("response", lambda answer: self.faults.append(answer.url) if answer.status >= 500 else None)

    def go(self, path: str) -> None:
        self.page.goto(self.at.url + path)

    def shot(self, what: str) -> None:
        self.step += 1
        self.page.wait_for_load_state()
        photograph(self.page, f"{self.name}/{self.step:02}-{what}")

    def log_in(self, login: str) -> None:
        form = self.page.locator("main form").filter(has=self.page.locator("input[type=password]"))
        form.locator("input[name=login]").fill(login)
        form.locator("input[type=password]").fill(people.PASSWORD)
        form.locator("button").first.click()


@pytest.fixture
def walk(browser: Browser, opened: House) -> Iterator[Callable[..., Walk]]:
    with browser.driven() as chromium:

        def start(name: str, *, language: str, width: int, javascript: bool = True) -> Walk:
            size = {"width": width, "height": 900}
            context = chromium.new_context(viewport=size, locale=language, java_script_enabled=javascript)
            return Walk(context.new_page(), opened, name)

        yield start


@pytest.mark.parametrize(
    ("name", "language", "root", "width", "words", "javascript"),
    [
        ("zh-phone", "zh-CN", "", 390, "防晒", True),
        ("en-desktop", "en-GB", "/en", 1440, "sunscreen", True),
        ("zh-desktop-without-javascript", "zh-CN", "", 1440, "防晒", False),
    ],
)
def test_a_parcel_is_bought_declared_and_delivered(
    walk: Callable[..., Walk], name: str, language: str, root: str, width: int, words: str, javascript: bool
) -> None:
    visit = walk(name, language=language, width=width, javascript=javascript)
    page = visit.page
    visit.go(f"{root}/")
    visit.shot("home")
    visit.go(f"{root}/search/?q={words}")
    visit.shot("search")
    page.locator("main a[href*='/p/']").first.click()
    page.wait_for_url("**/p/**")
    assert page.locator(".receipt dl.sum dd").first.inner_text().startswith("¥"), (
        "the tax of one unit, before the basket"
    )
    visit.shot("product")
    page.locator("#buy button[name=next][value=checkout]").click()
    page.wait_for_url("**/accounts/login/**")
    visit.shot("log-in")
    visit.log_in(BUYER)
    visit.go(f"{root}/basket/")
    assert page.locator("main").inner_text().count("¥") >= 4, "goods, tax, freight and total of the parcel"
    visit.shot("basket")
    visit.go(f"{root}/checkout/")
    page.locator("input[name=notice]").check()
    visit.shot("checkout")
    page.locator("main form aside button").click()
    page.wait_for_url("**/pay/cashier/**")
    visit.shot("cashier")
    page.locator("button[value=pay]").click()
    page.wait_for_url(re.compile(r"/orders/KL\d+/$"))
    visit.shot("order-paid")
    _follow(visit, javascript)
    visit.shot("order-delivered")
    assert visit.faults == []


def _follow(visit: Walk, javascript: bool) -> None:
    """Until all five steps are done: the page changes by itself, or by reloading it where there is no JavaScript."""
    done = visit.page.locator("#progress .steps li.done")
    if javascript:
        visit.page.wait_for_function(
            "() => document.querySelectorAll('#progress .steps li.done').length >= 5", timeout=story_wait_s * 1_000
        )
        return

    def delivered() -> bool:
        visit.page.reload()
        return bool(done.count() >= 5)

    wait_for(delivered, what="the parcel to be delivered", wait_s=story_wait_s)


def test_a_clerk_finds_the_order_with_its_documents(walk: Callable[..., Walk]) -> None:
    visit = walk("office-zh", language="zh-CN", width=1440)
    visit.go("/accounts/login/?next=/office/")
    visit.log_in(CLERK)
    visit.page.wait_for_url("**/office/**")
    visit.shot("overview")
    visit.go("/office/orders/")
    visit.shot("orders")
    visit.page.locator("a[href*='/office/orders/']").filter(has_text="KL").first.click()
    text = visit.page.locator("#content").inner_text()
    for word in ("CEB311", "CEB411", "CEB511", "CEB621", "800"):
        assert word in text, f"{word} is not on the order's page"
    visit.shot("order")
    visit.go("/office/declarations/")
    visit.shot("declarations")
    assert visit.faults == []
