"""A buyer's basket becomes two parcels; then clerks work in the back office: wide and narrow, in both languages.

Every page fits its screen and shows one language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.house import House
from tests.live import Browser, Visit, Visitor

pytestmark = pytest.mark.browser

story_wait_ms = 300_000
GOODS = b"code,title,brand\nWALK-1,Walking shoe,Walker\nWALK 2,Bad code,Walker\n"
ORDER = re.compile(r"/orders/KL\d+/$")


@pytest.fixture(scope="module")
def two_parcels(browser: Browser, open_house: House) -> str:
    """The number of a delivered order with goods from a bonded and a foreign warehouse, bought on a phone."""
    open_house.quicken()
    with browser.driven() as chromium:
        context = chromium.new_context(viewport={"width": 390, "height": 844})
        return _bought(Visitor(context, open_house.url).log_in())


def _bought(visitor: Visitor) -> str:
    page = visitor.page
    for kind, tag in (("bonded", "Bonded"), ("overseas", "From abroad")):  # some goods are in warehouses of both kinds
        visitor.go(f"/en/c/beauty/?warehouse={kind}")
        # what a running sale sells is for those who have passed its door
        cards = page.locator("main .card").filter(has_text=tag, has_not_text="SK-II")
        cards.locator("a[href*='/p/']").first.click()
        page.locator("#buy .buy-act button.button:not(.quiet)").click()
        expect(page.locator("#added .note")).to_be_visible()
    visitor.go("/en/basket/")
    assert page.locator("main .parcel-head").count() == 2
    assert not visitor.too_wide()
    visitor.go("/en/checkout/").keep("two-parcels-checkout")
    page.locator("input[name=notice]").check()
    page.locator("main form aside button").click()
    page.wait_for_url("**/pay/cashier/**")
    page.locator("button[value=pay]").click()
    page.wait_for_url(ORDER)
    number = re.findall(r"KL\d+", page.url)[0]
    expect(page.locator("#progress")).to_contain_text(f"{number}-2")
    page.wait_for_function(
        "() => document.querySelectorAll('#progress .steps li.done').length >= 10", timeout=story_wait_ms
    )
    visitor.keep("two-parcels-delivered")
    assert not visitor.too_wide()
    assert visitor.complaints == []
    return number


def looked_at(visitor: Visitor, language: str, name: str) -> str:
    """The words of the page, which fits and speaks the reader's language in its headings, labels and buttons."""
    visitor.keep(f"office/{name}")
    assert not visitor.too_wide(), name
    ours = visitor.page.locator(".office :is(h2, h3, dt, th, label, summary, button, .none)").all_inner_texts()
    chinese = re.compile("[一-鿿]")
    if language == "en":
        assert [text for text in ours if chinese.search(text)] == [], name
    else:
        wordy = [text for text in ours if re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}", text) and not chinese.search(text)]
        assert wordy == [], name
    return str(visitor.page.locator("#content").inner_text())


@pytest.fixture(params=[("zh-CN", False), ("en-GB", True)], ids=["zh-desktop", "en-phone"])  # long words, little room
def clerk(request: pytest.FixtureRequest, visit: Visit) -> Callable[[str], tuple[Visitor, str, str]]:
    """Logs a member of staff in: the visitor, the language of the pages and the name of this way to see them."""
    locale, phone = request.param
    language = locale[:2]

    def enter(who: str) -> tuple[Visitor, str, str]:
        visitor = visit(phone=phone, locale=locale).log_in("" if language == "zh" else "/en", who)
        return visitor, language, f"{language}-{'phone' if phone else 'desktop'}"

    return enter


def test_from_the_order_list_to_each_receipt_and_the_stock(clerk: Any, two_parcels: str) -> None:
    visitor, language, way = clerk("customs")
    page = visitor.page
    looked_at(visitor.go("/office/"), language, f"{way}-overview")
    looked_at(visitor.go("/office/orders/"), language, f"{way}-orders")
    page.locator(".office a.key").filter(has_text=two_parcels).click()
    page.wait_for_url("**/office/orders/*/*/")
    text = looked_at(visitor, language, f"{way}-order")
    for word in (f"{two_parcels}-1", f"{two_parcels}-2", "CEB311", "CEB411", "CEB511", "CEB621", "1210", "9610"):
        assert word in text, word
    looked_at(visitor.go("/office/declarations/"), language, f"{way}-declarations")
    page.locator(".office a.key").filter(has_text=f"{two_parcels}-2").click()
    page.wait_for_url("**/office/declarations/*/*/")
    assert "800" in looked_at(visitor, language, f"{way}-declaration")
    looked_at(visitor.go("/office/stock/"), language, f"{way}-stock")
    if "phone" in way:  # a figure without its heading says nothing
        heading = page.locator(".stack td.num").first.evaluate("one => getComputedStyle(one, '::before').content")
        assert heading.strip('"') == ("On hand" if language == "en" else "在库")
    assert visitor.complaints == []


def test_an_import_is_read_compared_and_given_up(clerk: Any) -> None:
    visitor, language, way = clerk("catalogue")
    page = visitor.page
    visitor.go("/office/imports/")
    page.locator("input[type=file]").set_input_files({"name": "goods.csv", "mimeType": "text/csv", "buffer": GOODS})
    page.locator(".office form button").first.click()
    page.wait_for_url("**/office/imports/*/")
    looked_at(visitor, language, f"{way}-import-columns")
    page.locator(".office form > button").first.click()
    expect(page.locator(".office .tabs")).to_be_visible(timeout=story_wait_ms)
    text = looked_at(visitor, language, f"{way}-import-difference")
    assert "WALK-1" in text
    page.locator("button[value=discard]").click()
    expect(page.locator(".office .tabs")).to_be_visible()
    looked_at(visitor.go("/office/imports/"), language, f"{way}-imports")
    assert visitor.complaints == []


def test_a_parked_job_is_seen_and_dropped(clerk: Any, open_house: House) -> None:
    visitor, language, way = clerk("operator")
    with open_house.database() as db:
        db.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)"
            " VALUES ('default', 'walk.parked', '{}', 'failed', 12)"
        )
    text = looked_at(visitor.go("/office/jobs/"), language, f"{way}-jobs")
    assert "walk.parked" in text
    visitor.page.locator("button[value=dismiss]").first.click()
    visitor.page.wait_for_load_state()
    assert "walk.parked" not in looked_at(visitor, language, f"{way}-jobs-empty")
    assert visitor.complaints == []


def test_a_form_that_is_refused_is_filled_again_and_one_pressed_twice_is_sent_once(clerk: Any) -> None:
    visitor, _language, _way = clerk("warehouse")
    page = visitor.page
    visitor.go("/office/transfers/")
    page.locator("select[name=target]").select_option(index=2)
    chosen = page.locator("select[name=target]").input_value()
    page.locator("textarea[name=lines]").fill("NOPE L1 4\nNOPE L2 5")
    page.locator("form[action$='/plan/'] button").click()
    expect(page.locator(".errornote")).to_contain_text("NOPE")
    expect(page.locator("textarea[name=lines]")).to_have_value("NOPE L1 4\nNOPE L2 5")
    expect(page.locator("select[name=target]")).to_have_value(chosen)
    visitor.go("/office/transfers/")
    expect(page.locator("textarea[name=lines]")).to_have_value("")
    pressed = (
        "form => [1, 2].map(() => form.dispatchEvent(new SubmitEvent('submit', {bubbles: true, cancelable: true})))"
    )
    assert page.locator("form[action$='/plan/']").evaluate(pressed) == [True, False]
    assert visitor.complaints == []


def test_what_is_owed_to_suppliers_is_narrowed_and_followed_to_its_order(clerk: Any) -> None:
    visitor, language, way = clerk("finance")
    page = visitor.page
    seen(visitor.go("/office/dues/"), f"{way}-dues")
    assert page.locator(".office svg.weeks").count() > 0
    page.locator(".office .weeks ~ details summary").first.click()
    expect(page.locator(".office .weeks ~ details table").first).to_be_visible()
    without = "到期日未定" if language == "zh" else "not determined"
    page.locator(".office .tabs a").filter(has_text=without).click()
    page.wait_for_url("**state=undetermined**")
    words = page.locator(".office .stack tbody .state").all_inner_texts()
    assert set(words) == {without}
    seen(visitor, f"{way}-dues-undetermined")
    page.locator(".office .stack a.key").first.click()
    page.wait_for_url("**/office/purchases/*/")
    seen(visitor, f"{way}-dues-order")
    expect(page.locator("#content")).to_contain_text(without)
    for name in ("landings", "replenishment", "purchases", "commitments"):
        seen(visitor.go(f"/office/{name}/"), f"{way}-list-{name}")
    assert visitor.complaints == []


def seen(visitor: Visitor, name: str) -> None:
    """A page with names of suppliers, in whatever language they are."""
    visitor.keep(f"office/{name}")
    assert not visitor.too_wide(), name
