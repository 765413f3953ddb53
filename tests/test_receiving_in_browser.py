"""Counting at the dock in a browser: a scanner types or a camera sees, the line goes and comes back, the page is loaded
anew without one; nothing is lost or doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from entrepot.receiving.tests.makers import gtin
from tests.house import House
from tests.live import CHROMIUM, CHROMIUM_ARGS, PHONE, Browser, Visit, Visitor, answer_wait_ms
from tests.test_shop_in_browser import barriers

pytestmark = pytest.mark.browser
MADE = """
from entrepot.procurement.tests import makers as buying
from entrepot.receiving.tests.makers import dock
from entrepot.stock import selectors as stock
place = next(one.id for one in stock.warehouses().values() if one.kind == "overseas")
print("receipt", dock((10,), of=buying.contract(currency="CNY"), place=place).receipt_id)
"""


WIDE, HIGH = 1280, 720  # what the camera sees


@pytest.fixture
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


def test_a_page_loaded_anew_without_a_line_keeps_its_scans_and_sends_them_once(visit: Visit, receipt: str) -> None:
    visitor = visit(locale="en-GB", phone=True).log_in("/en", "warehouse").go(receipt)
    page = visitor.page
    counted = page.locator("#counts td.num b").first
    scanned(visitor, 1)
    expect(counted).to_have_text("1", timeout=answer_wait_ms)
    expect(page.locator("#kept")).to_be_visible(timeout=answer_wait_ms)
    page.context.set_offline(True)
    scanned(visitor, 2)
    expect(page.locator("#said")).to_contain_text("not sent yet: 2")
    page.reload()
    expect(page.locator("h1, .office h2").first).to_be_visible()
    expect(page.locator("#said")).to_contain_text("not sent yet: 2")
    expect(page.locator("[name=code]")).to_be_focused()
    scanned(visitor, 1)
    expect(page.locator("#said")).to_contain_text("not sent yet: 3")
    page.reload()
    expect(page.locator("#said")).to_contain_text("not sent yet: 3")
    page.context.set_offline(False)
    expect(counted).to_have_text("4", timeout=answer_wait_ms)
    expect(page.locator("#said")).not_to_contain_text("not sent yet")
    page.reload()
    expect(counted).to_have_text("4", timeout=answer_wait_ms)
    assert not visitor.too_wide()


def film(code: str, file: Path) -> None:
    """Some pictures of a barcode on a carton, as chromium takes them for a camera's (YUV4MPEG2)."""
    bars = Image.fromarray(zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.EAN13).to_image(scale=5))
    picture = Image.new("L", (WIDE, HIGH), 150)
    carton = bars.convert("L").rotate(7, expand=True, fillcolor=255)
    picture.paste(carton, ((WIDE - carton.width) // 2, (HIGH - carton.height) // 2))
    frame = b"FRAME\n" + picture.tobytes() + b"\x80" * (WIDE * HIGH // 2)
    file.write_bytes(f"YUV4MPEG2 W{WIDE} H{HIGH} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10)


@pytest.fixture
def phone(browser: Browser, open_house: House, tmp_path: Path) -> Iterator[Visitor]:
    """A phone whose camera looks at the barcode of `gtin(0)`."""
    film(gtin(0), tmp_path / "carton.y4m")
    fake = [
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'carton.y4m'}",
    ]  # fmt: skip
    with browser.driven() as chromium:
        opened: Any = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGS, *fake])
        width, height = PHONE
        yield Visitor(opened.new_context(viewport={"width": width, "height": height}, locale="en-GB"), open_house.url)
        opened.close()


def test_the_camera_of_a_phone_counts_what_it_sees_once(phone: Visitor, receipt: str) -> None:
    page = phone.log_in("/en", "warehouse").go(receipt).page
    counted = page.locator("#counts td.num b").first
    button = page.get_by_role("button", name="Camera")
    pictures = []
    page.on("request", lambda one: pictures.append(one.url) if one.url.endswith("/read/") else None)
    button.click()
    expect(counted).to_have_text("1", timeout=answer_wait_ms)
    own = page.evaluate(
        "'BarcodeDetector' in window && BarcodeDetector.getSupportedFormats().then((all) => all.length)"
    )
    assert bool(own) != bool(pictures)  # a browser that reads none itself asks the shop
    seen = len(pictures)
    while not own and len(pictures) < seen + 3:  # it goes on looking at the same carton
        with page.expect_response("**/read/") as answer:
            pass
        assert answer.value.json() == {"codes": [gtin(0)]}
    expect(counted).to_have_text("1")
    phone.keep("office/receipt-camera")
    button.click()
    expect(page.locator("#seen")).to_be_hidden()
    button.click()
    expect(counted).to_have_text("2", timeout=answer_wait_ms)
    assert not phone.too_wide()
    assert phone.complaints == []
