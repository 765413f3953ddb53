"""A lot is called back while customs inspects a parcel of it: the list is released, the goods stay, and customs refuses
to take the list back. The clerk asks again, in vain, and enters the paper that settles it: Chinese on a phone, English
at a desk."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.house import HTTP
from tests.live import Visitor
from tests.test_desk_in_browser import Way, bought, way
from tests.test_returns_in_browser import reloaded_until

pytestmark = pytest.mark.browser
BONDED = """
SELECT p.slug FROM catalogue_product p JOIN catalogue_sku s ON s.product_id = p.id JOIN stock_level l ON l.sku_id = s.id
  JOIN stock_warehouse w ON w.id = l.warehouse_id
 GROUP BY p.slug
HAVING count(DISTINCT s.id) = 1 AND bool_and(w.account_book <> '' AND NOT l.stopped AND l.on_hand > l.claimed + 20)
   AND p.slug NOT IN ('shiseido-ultimune', 'hada-labo-lotion', 'mustela-vitamin')
 ORDER BY p.slug DESC LIMIT 1"""
PAPER = "甬关调字2026第118号"
__all__ = ["way"]


def _decided(way: Way, number: str, status: int) -> None:
    told = {"order_no": f"{number}-1", "status": status, "kind": "621"}
    HTTP.post(f"{way.house.sandbox}/customs/lists/decide", json=told).raise_for_status()


def _stays(way: Way, buyer: Visitor) -> str:
    """The number of an order whose parcel stays, and customs' refusal has come."""
    product = way.asked(BONDED)
    way.port(next=["status:500"])
    number = bought(way, buyer, product=product)
    inspected = "SELECT count(*) FROM customs_declaration WHERE order_number = %s AND held_code = '500'"
    reloaded_until(buyer, lambda: way.asked(inspected, f"{number}-1") == "1", "the inspection")
    with way.house.database() as database:  # a recall is opened, and nobody has looked yet who holds its lots
        database.execute(
            "UPDATE stock_level SET stopped = true FROM catalogue_sku s, catalogue_product p"
            " WHERE s.id = sku_id AND p.id = s.product_id AND p.slug = %s",
            (product,),
        )
    way.port(next=["refuse:-625024", "refuse:-625014"])
    _decided(way, number, 800)
    return number


def test_what_customs_does_not_take_back_is_asked_again_and_settled(way: Way) -> None:
    buyer, clerk = way.enter("buyer"), way.enter("customs")
    page, stay = clerk.page, clerk.page.locator("#stay")
    number = _stays(way, buyer)
    clerk.go(f"/office/declarations/?q={number}").page.locator(".office a.key").first.click()
    page.wait_for_url("**/office/declarations/*/*/")
    reloaded_until(clerk, lambda: stay.get_by_text("-625024").count() == 1, "customs' no")
    expect(stay).to_contain_text(way.said("额度调整失败", "the allowance was not adjusted"))
    way.office(clerk, "stay-refused")
    stay.locator("button[value=ask_list_again]").click()
    reloaded_until(clerk, lambda: "-625014" in stay.inner_text(), "customs' second no")
    way.office(clerk, "stay-refused-again")
    declaration = page.url.removeprefix(clerk.root)
    assert re.search(f"{number}-1", clerk.go("/office/books/compared/").page.locator(".office").inner_text())
    way.office(clerk, "stay-compared")
    clerk.go(declaration)
    stay.locator("summary").click()
    stay.locator("input[name=paper]").fill(PAPER)
    stay.locator("button[value=settle_stay]").click()
    expect(stay).to_contain_text(PAPER)
    way.office(clerk, "stay-settled")
    clerk.go("/office/books/compared/")
    assert PAPER in way.office(clerk, "stay-compared-settled")
    assert buyer.complaints == clerk.complaints == []
