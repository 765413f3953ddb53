"""What is there of a basket is ordered in a browser: told before, told after, in both languages, with and without
JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.house import House
from tests.live import Visit, Visitor
from tests.test_shop_in_browser import barriers

pytestmark = pytest.mark.browser
SCARCE, GONE, PLENTY = "hada-labo-lotion", "mustela-vitamin", "shiseido-ultimune"  # of the first the demo has 7


@contextmanager
def sold_out(house: House, product: str) -> Iterator[None]:
    """Somebody holds every unit of it, for as long as the block runs."""
    with house.database() as database:
        levels = database.execute(
            "SELECT l.claimed, l.id FROM stock_level l JOIN catalogue_sku s ON s.id = l.sku_id"
            " JOIN catalogue_product p ON p.id = s.product_id WHERE p.slug = %s",
            (product,),
        ).fetchall()
        assert levels
        try:
            for _, level_id in levels:
                database.execute("UPDATE stock_level SET claimed = on_hand WHERE id = %s", (level_id,))
            yield
        finally:
            for before in levels:
                database.execute("UPDATE stock_level SET claimed = %s WHERE id = %s", before)


def sound(visitor: Visitor, script: bool) -> None:
    assert not visitor.too_wide()
    assert not script or barriers(visitor) == []  # axe is a script


def put(visitor: Visitor, root: str, product: str, quantity: int) -> None:
    page = visitor.go(f"{root}/p/{product}/").page
    page.fill("#quantity", str(quantity))
    page.locator("#buy .buy-act button.button:not(.quiet)").click()
    page.locator("#added .note").or_(page.locator("#basket")).first.wait_for()


def emptied(visitor: Visitor, root: str) -> None:
    rows = visitor.go(f"{root}/basket/").page.locator("#basket li.line")
    while count := rows.count():
        rows.first.locator("form:has(input[name=quantity][value='0']) button").click()
        expect(rows).to_have_count(count - 1)


WORDS = {
    "/en": ("Order what is there", "7 of 9 in stock", "Sold out", "7 of 9 ordered: no more in stock", "Not ordered"),
    "": ("购买有货的部分", "想购 9 件，现有 7 件", "已售罄", "仅下单 7 件（想购 9 件）：库存不足", "未下单：已售罄"),
}


@pytest.mark.parametrize(
    ("root", "phone", "script"), [("/en", False, False), ("", True, True)], ids=["en-desktop-no-script", "zh-phone"]
)
def test_what_is_there_is_ordered_on_request_and_the_rest_stays(
    visit: Visit, open_house: House, root: str, phone: bool, script: bool
) -> None:
    visitor = visit(phone=phone, java_script_enabled=script).log_in()
    page, offer, there, none, lessened, gone = visitor.page, *WORDS[root]
    name = f"{'phone' if phone else 'desktop'}{root.replace('/', '-') or '-zh'}"
    emptied(visitor, root)
    for product, quantity in ((PLENTY, 1), (SCARCE, 9), (GONE, 1)):
        put(visitor, root, product, quantity)
    with sold_out(open_house, GONE):
        visitor.go(f"{root}/basket/")
        expect(page.locator("#left-out li")).to_have_count(2)
        to_pay = page.locator("aside dd.total").inner_text()
        sound(visitor, script)
        visitor.keep(f"partial-basket-{name}")
        page.get_by_role("link", name=offer).click()
        shown = page.locator("#shortages")
        expect(shown).to_contain_text(there)
        expect(shown).to_contain_text(none)
        sound(visitor, script)
        page.locator("input[name=notice]").check()
        page.locator("main form aside button").click()
        expect(page.locator("#partial-say")).to_be_visible()  # it is not chosen for the buyer
        sound(visitor, script)
        visitor.keep(f"partial-refused-{name}")
        page.locator("#partial").check()
        visitor.keep(f"partial-checkout-{name}")
        total = page.locator("dd.total").last.inner_text()
        assert total == to_pay
        page.locator("main form aside button").click()
        page.wait_for_url("**/pay/cashier/**")
        page.goto(f"{visitor.root}{root}/orders/")
        page.locator(".order-row a").first.click()
    expect(page.locator("main")).to_contain_text(lessened)
    expect(page.locator("main")).to_contain_text(gone)
    expect(page.locator("aside dd.total")).to_have_text(total)
    sound(visitor, script)
    visitor.keep(f"partial-order-{name}")
    clerk = visit(phone=phone).log_in(root, who="service")
    clerk.go(f"/office/orders/?q={page.url.rstrip('/').rpartition('/')[2]}").page.locator("#rows a").first.click()
    expect(clerk.page.locator("#wished tbody tr")).to_have_count(3)
    assert not clerk.too_wide()
    clerk.keep(f"partial-office-{name}")
    page.locator("form[action$='/cancel/'] button").click()  # for the next one
    rest = visitor.go(f"{root}/basket/").page.locator("#basket li.line")
    assert sorted(rest.locator("input[type=number]").evaluate_all("all => all.map(one => one.value)")) == ["1", "2"]
    emptied(visitor, root)
    assert visitor.complaints == []
