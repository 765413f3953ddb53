"""Help in both languages, pictures, robots, sizes of what is sent to browsers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from entrepot.catalogue import selectors as catalogue
from entrepot.customs.selectors.staying import return_window
from entrepot.kit.clock import CHINA, day_in, now
from entrepot.kit.kept import forget_all
from entrepot.storefronts.services import open_storefront
from entrepot.storefronts.tests.makers import KOALA
from entrepot.web.storefront.tests.makers import buyer, open_shop

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).resolve().parent.parent / "static" / "shop"
TEMPLATES = Path(__file__).resolve().parent.parent / "jinja2"


def test_help_promises_the_tax_of_no_more_than_customs_lifts(client: Client) -> None:
    """Not of what is opened and faulty, late, or came in as general trade: its price alone goes back."""
    open_shop()
    chinese, english = (client.get(f"{way}/help/returns/").content.decode() for way in ("", "/en"))
    assert "进口税全部退还" not in chinese
    assert "import tax of what comes back are refunded in full" not in english
    assert "不影响再次销售、按期退回且海关接受退货的部分，进口税一并退还" in chinese
    assert "Import tax goes back for what can be sold again, is back in time and is accepted by customs" in english


def test_no_page_promises_that_a_limit_is_told_before_it_is_paid(client: Client) -> None:
    """Other platforms use the same year: customs may stop what is paid, and then its buyer is asked."""
    open_shop()
    chinese, english = (client.get(f"{way}/p/dark/").content.decode() for way in ("", "/en"))
    assert "we tell you before you pay" not in english and "我们会在付款前告诉您" not in chinese
    assert "you choose how to go on, and nothing more is taken without you" in english
    assert "由您选择处理方式，未经您同意不会另行收费" in chinese


def test_the_single_limit_is_told_of_what_it_is_a_limit_of(client: Client) -> None:
    """A parcel: several in one order may be worth more together."""
    open_shop()
    lines = [{"sku": sku, "quantity": units} for sku, units in (("dark-2", 20), ("milk-1", 18), ("cream-1", 3))]
    answer = client.post("/api/v1/quotes", {"lines": lines}, content_type="application/json").json()
    assert float(answer["goods"]) > 5_000 and len(answer["parcels"]) == 2 and answer["can_be_placed"]
    assert "An order may be worth up to" not in (page := client.get("/en/help/tax/").content.decode())
    assert "Each parcel is a purchase of its own" in page and "yuan an order" not in client.get("/en/").content.decode()
    assert "每个包裹单独计算，含运费" in client.get("/help/tax/").content.decode()


def test_how_long_a_parcel_takes_is_said_by_its_warehouse_alone(client: Client) -> None:
    """Each has days of its own, which the product page shows: those of the help page were nobody's."""
    open_shop()
    assert re.search(r"arrives in \d+ to \d+ days", client.get("/en/p/cream/").content.decode())
    assert not re.search(r"\d+ (to|–) \d+ days", client.get("/en/help/shipping/").content.decode())
    assert not re.search(r"\d+\s*[–-]\s*\d+ 天", client.get("/help/shipping/").content.decode())


def owed(client: Client, code: str, price: str, **more: Any) -> dict[str, Any]:
    line = {"id": "1", "hs_code": code, "origin": "FR", "quantity": "1", "unit": "piece", "unit_price": price}
    line |= more.pop("line", {})
    asked = {"destination": "CN", "channel": "bonded", "date": "2026-11-21", "currency": "CNY", "lines": [line], **more}
    answer = client.post("/api/v1/landed-cost/quotes", asked, content_type="application/json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_the_figures_of_the_help_are_those_of_the_books(client: Client) -> None:
    open_shop()
    page = client.get("/en/help/tax/").content.decode()
    shirt, oil, wine, cream = "6109100000", "1509200000", "2204210000", "3304990099"
    for code, per_cent in ((shirt, "9.10"), (oil, "6.30"), (wine, "17.89"), (cream, "23.06")):
        tax = owed(client, code, "1000.00", line={"measures": {"g": "20"}})["total_tax"]
        assert f"{round(float(tax) / 10, 2):.2f}" == per_cent and f"{per_cent} %" in page, (code, tax)
    assert owed(client, shirt, "600.00", freight="12.00")["total_tax"] == "55.69" and "¥55.69" in page
    pair = {"line": {"quantity": "2"}}
    assert owed(client, shirt, "2500.00", **pair)["decision"] == "clear" and "¥5,000" in page
    assert owed(client, shirt, "2500.01", **pair)["decision"] == "split"
    used = {"used_this_year": "25900.00"}
    assert owed(client, shirt, "100.00", buyer=used)["decision"] == "clear" and "¥26,000" in page
    assert owed(client, shirt, "100.01", buyer=used)["decision"] == "general_trade"


def test_the_days_of_the_help_are_those_of_the_law(client: Client) -> None:
    open_shop()
    window = return_window(released_at=now())
    assert window is not None
    released = day_in(CHINA, now())
    for language, words in (("", ("放行之日起 {} 天内",) * 2), ("/en", ("within {} days of release",) * 2)):
        page = client.get(f"{language}/help/returns/").content.decode()
        for last, said in zip((window.apply_by, window.back_by), words, strict=True):
            assert said.format((last - released).days) in page


@pytest.mark.parametrize("topic", ["tax", "shipping", "returns", "genuine", "privacy"])
def test_help_is_written_in_both_languages(client: Client, topic: str) -> None:
    open_shop()
    chinese, english = client.get(f"/help/{topic}/"), client.get(f"/en/help/{topic}/")
    assert chinese.status_code == english.status_code == 200
    assert len(re.findall(r"<h2", chinese.content.decode())) == len(re.findall(r"<h2", english.content.decode()))


def test_the_privacy_page_names_all_who_receive_something(client: Client) -> None:
    """Customs, payment, courier, and the gateways of `identity.sms` and of the mails."""
    open_shop()
    chinese, english = client.get("/help/privacy/").content.decode(), client.get("/en/help/privacy/").content.decode()
    for word in ("Customs", "payment provider", "courier", "text messages"):
        assert word in english
    for word in ("海关", "支付机构", "快递", "短信"):
        assert word in chinese
    # what `payments.providers` and `shipping.carriers` are handed
    assert "name and ID number of who pays" in english and "付款人姓名和身份证号" in chinese
    assert "what is in the parcel" in english and "包裹内的商品" in chinese


def test_the_rights_that_are_named_can_be_had(client: Client) -> None:
    """A real name cannot be changed: it is bound to its consent, and withdrawn."""
    open_shop()
    who = buyer()
    assert who.client.get(f"/account/addresses/{who.address_id}/").status_code == 200
    assert who.client.get(f"/account/real-names/{who.real_name_id}/").status_code == 404
    english, chinese = (client.get(f"{way}/help/privacy/").content.decode() for way in ("/en", ""))
    assert "see and withdraw real-name records" in english and "查看和撤回实名信息" in chinese
    assert "remove addresses and real-name records" not in english and "删除地址与实名信息" not in chinese


def test_pictures_are_sent_for_ever_and_only_pictures(client: Client) -> None:
    open_shop()
    product = catalogue.product(slug="dark")
    assert product is not None
    address = f"/media/{product.images[0]}"
    answer = client.get(address)
    assert b"".join(answer.streaming_content)[8:12] == b"WEBP"  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["../settings.py", "..%2f..%2fetc/passwd", "%2e%2e/x.webp", "/etc/passwd", "aa/" + "a" * 64 + ".webp", "x%00.webp"],
)
def test_nothing_else_leaves_through_the_media_address(client: Client, path: str) -> None:
    assert client.get(f"/media/{path}").status_code == 404


def test_a_page_is_known_by_the_address_of_its_own_shop(client: Client, settings: Any) -> None:
    """Else search engines hold the pages of one shop for those of another, and leave them out."""
    settings.ALLOWED_HOSTS = ["testserver", "harbour.example"]
    open_shop()
    draft = replace(KOALA, code="harbour", names={"zh-hans": "海港", "en": "Harbour"}, hosts=("harbour.example",))
    open_storefront(draft=draft, now=now())
    forget_all()
    for host, address in (("testserver", settings.PUBLIC_URL), ("harbour.example", "http://harbour.example")):
        page = client.get("/en/help/tax/", headers={"host": host}).content.decode()
        assert f'<link rel="canonical" href="{address}/en/help/tax/">' in page
        assert ("Koala Lane" in page) is ("shop/wordmark" in page) is (host == "testserver")
        assert ('<span class="mark">Harbour</span>' in page) is (host == "harbour.example")


def test_what_went_wrong_is_told_under_the_name_of_the_house(client: Client, settings: Any) -> None:
    settings.SHOP_NAME = "海港"
    open_shop()
    page = client.get("/nowhere/").content.decode()
    assert "· 海港</title>" in page and "Koala Lane" not in page and "shop/wordmark" not in page


def test_robots_and_icon(client: Client) -> None:
    assert "Disallow: /en/checkout/" in client.get("/robots.txt").content.decode()
    assert client.get("/favicon.ico")["Location"].endswith("koala.svg")


def test_what_browsers_load_stays_small() -> None:
    assert (STATIC / "reckoner.css").stat().st_size <= 8 * 1024
    assert (STATIC / "shop.css").stat().st_size <= 41 * 1024
    assert (STATIC / "shop.js").stat().st_size <= 10 * 1024


def test_nothing_inline_and_nothing_from_elsewhere() -> None:
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text), template
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//(?!schema\.org)', text), template
    for sheet in STATIC.glob("*.css"):
        assert not re.search(r"@import|url\((?!\"data:)", sheet.read_text(encoding="utf-8"))


def test_every_class_is_styled_and_every_style_used() -> None:
    styled = set(re.findall(r"\.([a-z][\w-]*)", (STATIC / "shop.css").read_text(encoding="utf-8")))
    sources = [*TEMPLATES.rglob("*.html"), *(TEMPLATES.parent.parent / "common").rglob("*.html")]
    sources += [*TEMPLATES.parent.rglob("*.py"), STATIC / "shop.js", TEMPLATES.parent.parent / "common" / "icons.py"]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    unused = {name for name in styled if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}
    assert unused - {"w3"} == set()
