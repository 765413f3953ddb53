"""Flash sales in a browser: count-down, live stock, a place that moves by itself; without JavaScript too."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from playwright.sync_api import expect

from tests.house import House, wait_for
from tests.live import Visit, Visitor
from tests.test_shop_in_browser import barriers

pytestmark = pytest.mark.browser
RUSH, LATER = "koala-rush", "eight-sharp"
Database = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def database(open_house: House) -> Iterator[Database]:
    """The house's database; the demo's sales are put back as they were."""
    with open_house.database() as opened:
        kept = ("starts_at", "ends_at", "admit_per_s", "next_number", "early", "seed")
        before = opened.execute(f"SELECT {', '.join(kept)}, id FROM pricing_flashsale").fetchall()
        yield opened
        for row in before:
            columns = ", ".join(f"{name} = %s" for name in kept)
            opened.execute(f"UPDATE pricing_flashsale SET {columns} WHERE id = %s", row)
        opened.execute("UPDATE pricing_flashsaleitem SET taken = 0")


def begun(database: Database, before: int, code: str = LATER, admit_per_s: int = 20) -> None:
    """A sale has just begun, and so many stood in its line before. (A house gives out a block of numbers to its end, so
    two tests that draw after the start have a sale each, or the second lets them all in.)"""
    database.execute(
        "UPDATE pricing_flashsale SET starts_at = now() - interval '5 seconds', ends_at = now() + interval '3 hours',"
        " admit_per_s = %s, next_number = %s, early = %s, seed = %s WHERE code = %s",
        (admit_per_s, before, before, secrets.token_bytes(32), code),
    )


@pytest.mark.parametrize(("root", "phone"), [("", False), ("/en", True)], ids=["zh-desktop", "en-phone"])
def test_pages_of_sales_have_no_barriers_and_fit(visit: Visit, phone: bool, root: str) -> None:
    visitor = visit(phone=phone)
    for path in ("/sales/", f"/sales/{RUSH}/", f"/sales/{LATER}/", f"/sales/{RUSH}/line/"):
        visitor.go(root + path)
        assert barriers(visitor) == [], path
        assert not visitor.too_wide(), path
        visitor.keep(f"rush{path.replace('/', '-')}{'phone' if phone else 'desktop'}{root.replace('/', '-')}")
    assert visitor.complaints == []


def test_the_count_down_runs_and_what_is_left_follows(visit: Visit, database: Database) -> None:
    visitor = visit().go(f"/en/sales/{RUSH}/")
    clock = visitor.page.locator("[data-clock]")
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)
    assert clock.inner_text()[0].isdigit() and " d " in clock.inner_text()
    box = visitor.page.locator("[data-sku='SWISSE-COLLAGEN']")
    expect(box.locator("[data-left]")).to_have_text("30")
    database.execute("UPDATE pricing_flashsaleitem SET taken = 13 WHERE units = 30")
    expect(box.locator("[data-left]")).to_have_text("17")
    assert box.locator("progress").get_attribute("value") in {"17", "30"}
    assert box.locator("progress").evaluate("bar => bar.value") == 17
    database.execute("UPDATE pricing_flashsaleitem SET taken = 30 WHERE units = 30")
    expect(box.locator("[data-left]")).to_have_text("Sold out")
    assert visitor.complaints == []


def stays(visitor: Visitor) -> bool:
    """Whether the page is the same one when the visitor's clock has gone on for twenty seconds."""
    visitor.page.evaluate("window.same = true")
    visitor.page.clock.run_for(20_000)
    visitor.page.wait_for_load_state("networkidle")
    return bool(visitor.page.evaluate("window.same === true"))


def test_a_clock_that_runs_ahead_loads_no_page_anew(visit: Visit, database: Database) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    database.execute("UPDATE pricing_flashsale SET ends_at = %s WHERE code = %s", (soon, RUSH))
    database.execute("UPDATE pricing_flashsale SET starts_at = %s WHERE code = %s", (soon, LATER))
    visitor = visit()
    page = visitor.page
    page.route("**/api/**", lambda route: route.fulfill(status=404))  # the page has to know the time by itself
    page.clock.install(time=datetime.now(UTC) + timedelta(minutes=10))
    moments = page.locator(f"time[datetime='{soon.isoformat()}']")

    def drawn(path: str) -> bool:
        return bool(visitor.go(path) and moments.count())

    for path in ("/en/", f"/en/sales/{RUSH}/", f"/en/sales/{LATER}/", "/en/sales/"):
        wait_for(partial(drawn, path), what=f"{path} to be drawn anew")
        assert stays(visitor), path
    assert moments.first.inner_text().startswith("00:0")
    with page.expect_navigation():  # once, when the moment has come
        page.clock.fast_forward(400_000)
    assert stays(visitor)
    assert visitor.complaints == []


def test_one_lines_up_waits_comes_in_and_goes_to_the_checkout(visit: Visit, database: Database) -> None:
    visitor = visit(phone=True).log_in(who="warehouse")  # the buyer's basket belongs to other walks
    page = visitor.page
    begun(database, 30_000)
    visitor.go(f"/en/sales/{LATER}/line/")
    page.get_by_role("button", name="Line up").click()
    place = page.locator("[data-place-shown]")
    expect(place).to_be_visible()
    before = place.inner_text()
    expect(place).not_to_have_text(before)  # by itself
    assert int(place.inner_text().replace(",", "")) < int(before.replace(",", "")) <= 30_001
    assert barriers(visitor) == []
    assert not visitor.too_wide()
    visitor.keep("rush-waiting")
    database.execute("UPDATE pricing_flashsale SET admit_per_s = 9000 WHERE code = %s", (LATER,))
    page.reload()
    expect(page.get_by_role("heading", name="It is your turn")).to_be_visible()
    assert barriers(visitor) == []
    visitor.keep("rush-in")
    page.locator("[data-buy]").nth(1).click()
    page.wait_for_url("**/en/checkout/")
    expect(page.locator("main")).to_contain_text("¥69.00")
    assert visitor.complaints == []


def test_the_page_notices_by_itself_that_the_turn_has_come(visit: Visit, database: Database) -> None:
    visitor = visit().log_in(who="service")
    begun(database, 180, RUSH)  # 20 a second, 5 seconds ago: a few seconds to wait
    visitor.go(f"/en/sales/{RUSH}/line/")
    visitor.page.get_by_role("button", name="Line up").click()
    expect(visitor.page.get_by_role("heading", name="It is your turn")).to_be_visible()
    assert visitor.complaints == []


def test_without_javascript_the_line_loads_itself_and_lets_in(visit: Visit, database: Database) -> None:
    visitor = visit(java_script_enabled=False).log_in(who="finance")
    page = visitor.page
    visitor.go(f"/en/sales/{LATER}/")
    expect(page.locator(".until")).to_contain_text("Begins in")
    assert ":" in page.locator("[data-clock]").inner_text()
    page.get_by_role("button", name="Take part in the draw").click()
    expect(page.get_by_role("heading", name="You are in the draw")).to_be_visible()
    begun(database, 300)  # drawn among 300, of whom 100 are in already

    def drawn() -> bool:
        page.reload()
        return "You are in the draw" not in page.locator("h1").inner_text()

    wait_for(drawn, what="the house to see that the sale has begun")
    expect(page.get_by_role("heading", name="It is your turn")).to_be_visible()
    page.locator("[data-buy]").first.click()
    page.wait_for_url("**/en/checkout/")


def test_whose_turn_has_come_keeps_the_page_though_the_clock_runs_ahead(visit: Visit, database: Database) -> None:
    visitor = visit().log_in(who="customs")
    begun(database, 30_000, admit_per_s=9_000)  # the others' block of numbers is let in too
    visitor.go(f"/en/sales/{LATER}/line/")
    visitor.page.get_by_role("button", name="Line up").click()

    def turned() -> bool:
        visitor.go(f"/en/sales/{LATER}/line/")
        return visitor.page.get_by_role("heading", name="It is your turn").is_visible()

    wait_for(turned, what="the house to see how many are let in: what it knows of a sale is up to a second old")
    visitor.page.clock.install(time=datetime.now(UTC) + timedelta(minutes=11))  # a pass holds for ten
    assert stays(visitor.go(f"/en/sales/{LATER}/line/"))
    assert re.match("00:(10:00|09:..)", visitor.page.locator("[data-clock]").inner_text())
    assert visitor.complaints == []
