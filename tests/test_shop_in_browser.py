"""The shop in a browser: no barrier that axe finds, keyboard, without JavaScript, narrow and wide."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.live import Visit, Visitor

pytestmark = pytest.mark.browser

LANDED = (
    "/en/landed-cost/?hs=3304990029&origin=FR&quantity=12&price=725&amount=240&unit=g&to=CN&day=2026-11-14&currency=CNY"
)
OPEN = [
    *(
        "/",
        "/en/",
        "/en/c/beauty/",
        "/c/beauty/?brand=shiseido&price_from=x",
        "/en/search/?q=serum",
        "/en/search/?q=zzqx",
    ),
    *("/en/p/shiseido-ultimune/", "/en/basket/", "/en/brands/", "/en/help/tax/", "/help/privacy/", "/nowhere/"),
    *("/landed-cost/", "/en/landed-cost/?ask=1&hs=3399&quantity=x", LANDED),
    *("/en/accounts/login/", "/accounts/signup/", "/en/accounts/password/reset/"),
]
OWN = [
    *("/en/account/", "/account/addresses/", "/en/account/addresses/new/", "/en/account/real-names/"),
    *(
        "/en/account/real-names/new/",
        "/en/account/keys/",
        "/en/orders/",
        "/en/accounts/2fa/",
        "/en/basket/",
        "/en/checkout/",
    ),
]


def barriers(visitor: Visitor) -> list[str]:
    found = Axe().run(visitor.page).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_open_pages_have_no_barriers_and_fit(visit: Visit, phone: bool) -> None:
    visitor = visit(phone=phone)
    for path in OPEN:
        visitor.go(path)
        assert barriers(visitor) == [], path
        assert not visitor.too_wide(), path
    assert visitor.complaints == []


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_own_pages_have_no_barriers_and_fit(visit: Visit, phone: bool) -> None:
    visitor = visit(phone=phone).log_in()
    visitor.go("/en/p/shiseido-ultimune/").page.locator("#buy .buy-act button.button:not(.quiet)").click()
    expect(visitor.page.locator("#added .note")).to_be_visible()
    for path in OWN:
        visitor.go(path)
        assert barriers(visitor) == [], path
        assert not visitor.too_wide(), path
    assert visitor.complaints == []


def test_the_first_tab_skips_to_the_content(visit: Visit) -> None:
    page = visit().go("/en/").page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_suggestions_are_chosen_with_the_arrow_keys(visit: Visit) -> None:
    page = visit().go("/en/").page
    page.locator("#find").press_sequentially("shis")
    expect(page.locator("#guess a").first).to_contain_text("Shiseido", ignore_case=True)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#guess a").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/b/shiseido/")


def test_what_is_pressed_keeps_the_focus_when_the_page_around_it_changes(visit: Visit) -> None:
    visitor = visit()
    page = visitor.go("/en/p/shiseido-ultimune/").page
    variant, buy = page.locator(".variant").last, page.locator("#buy .buy-act button.button:not(.quiet)")
    variant.press("Enter")
    page.wait_for_url("**?sku=*")
    expect(variant).to_be_focused()
    buy.press("Enter")
    expect(page.locator("#added .note")).to_be_visible()
    expect(buy).to_be_focused()
    more = visitor.go("/en/basket/").page.locator("[data-step='1']")
    more.press("Enter")
    expect(page.locator("#count-head")).to_have_text("2")
    expect(more).to_be_focused()
    assert visitor.complaints == []


def test_filters_on_the_phone_are_a_drawer_that_keeps_the_focus(visit: Visit) -> None:
    page = visit(phone=True).go("/en/c/beauty/").page
    expect(page.locator("#filters")).to_be_hidden()
    page.get_by_role("link", name="Filters").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_be_visible()
    before = page.locator("#results-count").inner_text()
    drawer.get_by_label("Warehouse abroad").check()
    expect(page.locator("#results-count")).not_to_have_text(before)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).to_be_hidden()
    assert "warehouse=overseas" in page.url


def test_without_javascript_one_can_filter_choose_and_buy(visit: Visit) -> None:
    page = visit(java_script_enabled=False).go("/en/c/beauty/").page
    page.get_by_label("Bonded warehouse").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chips")).to_contain_text("Bonded warehouse")
    page.goto(page.url.split("/en/")[0] + "/en/p/shiseido-ultimune/")
    page.locator(".variant").last.click()
    assert "?sku=" in page.url
    page.fill("#quantity", "2")
    page.locator("#buy .buy-act button.button:not(.quiet)").click()
    page.wait_for_url("**/en/basket/")
    expect(page.locator("#count-head")).to_have_text("2")
    page.locator(".line input[type=number]").fill("1")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#count-head")).to_have_text("1")


def test_without_javascript_the_filters_open_on_the_phone(visit: Visit) -> None:
    page = visit(phone=True, java_script_enabled=False).go("/en/c/beauty/").page
    page.get_by_role("link", name="Filters").click()
    expect(page.locator("#filters")).to_be_visible()
    page.get_by_label("Warehouse abroad").check()
    page.locator(".apply").click()
    expect(page.locator(".chips")).to_contain_text("Warehouse abroad")


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_the_gallery_moves_without_leaving_the_place(visit: Visit, phone: bool) -> None:
    page = visit(phone=phone).go("/en/p/shiseido-ultimune/").page
    thumbs = page.locator(".thumbs a")
    assert thumbs.count() >= 2
    thumbs.nth(1).click()  # would scroll to a thumbnail that lies under the fold
    expect(thumbs.nth(1)).to_have_attribute("aria-current", "true")
    assert page.evaluate("[scrollX, scrollY]") == [0, 0]
    assert page.locator(".slides").evaluate("strip => strip.scrollLeft") > 0


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_nothing_on_the_front_page_jumps_while_its_pictures_come(visit: Visit, phone: bool) -> None:
    visitor = visit(phone=phone)
    visitor.context.add_init_script(
        "window.jumps = [];"
        "new PerformanceObserver(list => list.getEntries().forEach(one => jumps.push(one.value)))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page = visitor.go("/").page
    page.wait_for_load_state("networkidle")
    assert sum(page.evaluate("jumps")) < 0.02
    hero = page.locator(".hero-art img")
    name = "hero-phone" if phone else "hero."
    assert name in hero.evaluate("one => one.currentSrc")
    assert hero.evaluate("one => one.naturalWidth") > 0


@pytest.mark.parametrize("script", [True, False], ids=["htmx", "without JavaScript"])
def test_goods_are_reckoned_line_by_line(visit: Visit, script: bool) -> None:
    visitor = visit(java_script_enabled=script).go("/en/landed-cost/")
    page = visitor.page
    page.fill("#hs-1", "3304990029")
    page.select_option("#origin-1", "FR")
    page.fill("#quantity-1", "1")
    page.fill("#price-1", "425")
    page.get_by_role("button", name="Add a line").click()
    expect(page.locator("#hs-2")).to_be_visible()
    expect(page.locator("#price-1")).to_have_value("425")
    page.get_by_role("button", name="Take out Line 2").click()
    expect(page.locator("#hs-2")).to_have_count(0)
    expect(page.locator("#amount-1-say")).to_contain_text("The tax depends on it")  # the cream's weight is missing
    page.fill("#amount-1", "20")
    page.fill("#day", "2026-11-14")
    page.select_option("#way", "bonded")
    page.get_by_role("button", name="Reckon").last.click()
    expect(page.locator(".owed")).to_contain_text("¥98.00")
    expect(page.locator("#answer")).to_contain_text("Import VAT: (425.00 + 75.00) × 0.13 × 0.7 = 45.50 CNY")
    assert "amount=20" in page.url
    page.locator("a[hreflang=zh-Hans]").first.click()
    expect(page.locator(".owed")).to_contain_text("税费合计")
    assert visitor.complaints == []
