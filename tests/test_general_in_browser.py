"""A buyer whose parcel customs refused for the year takes general trade, pays the difference, and gets it: Chinese on a
phone and English at a desk. Another changes their mind before paying, and has the money back."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from entrepot.tariff.tests.makers import HEAD
from tests.live import Visitor
from tests.test_desk_in_browser import Way, _year_is_lifted, bought, way
from tests.test_returns_in_browser import kept, reloaded_until

pytestmark = pytest.mark.browser
DUTY = '3304,,CN,duty,"{""rate"":""0.05""}",2026-01-01,,no,test duty,'
NUMBER = "310120261234567890"
__all__ = ["way"]


def _duty_is_known(clerk: Visitor, folder: Path) -> None:
    """A clerk imports the duty of these goods; without it general trade has no price."""
    page = clerk.go("/office/rates/").page
    if "cn-duty/" in page.locator("table").inner_text():
        return
    file = folder / "duty.csv"
    file.write_text("\n".join((HEAD, DUTY)))
    page.fill("input[name=name]", "cn-duty")
    page.set_input_files("input[name=file]", file)
    page.locator(".office form.filters button").click()
    page.locator(".office form[method=post] button").last.click()
    page.wait_for_url("**/office/rates/")


def _refused_for_the_year(way: Way, buyer: Visitor) -> str:
    way.port(single_limit="", next=["refuse:-621018"])
    number = bought(way, buyer)
    reloaded_until(buyer, lambda: buyer.page.locator("section.limit").count() > 0, "customs' refusal")
    return number


def test_a_parcel_above_the_year_comes_in_as_general_trade(way: Way, tmp_path: Path) -> None:
    buyer, clerk = way.enter("buyer"), way.enter("customs")
    _duty_is_known(clerk, tmp_path)
    page, limit = buyer.page, buyer.page.locator("section.limit")
    number = _refused_for_the_year(way, buyer)
    order = urlsplit(page.url).path
    expect(limit).to_contain_text(way.said("您须补付", "on top"))
    kept(buyer, f"{way.name}-general-offered")
    limit.locator("button[value=general]").click()
    expect(limit).to_contain_text(way.said("请在", "Please pay the difference"))
    kept(buyer, f"{way.name}-general-to-pay")
    limit.locator("button[name=pay]").click()
    page.wait_for_url("**/pay/cashier/**")
    kept(buyer, f"{way.name}-general-cashier")
    page.locator("button[value=pay]").click()
    page.wait_for_url(f"**{order}")
    declared = way.said("商品正在申报", "The goods are being declared")
    reloaded_until(buyer, lambda: declared in limit.inner_text(), "the payment")
    kept(buyer, f"{way.name}-general-paid")
    _released_by(way, clerk, number)
    reloaded_until(buyer, lambda: page.locator("#progress .steps li.done").count() >= 4, "the parcel to leave")
    expect(limit).to_contain_text(way.said("海关已按一般贸易放行", "released this parcel as general trade"))
    kept(buyer, f"{way.name}-general-released")
    _year_is_lifted_of(clerk)
    assert buyer.complaints == clerk.complaints == []


def _released_by(way: Way, clerk: Visitor, number: str) -> None:
    page = clerk.page
    clerk.go(f"/office/declarations/?state=held&q={number}")
    page.locator(".office a.key").first.click()
    page.wait_for_url("**/office/declarations/*/*/")
    assert page.locator("button[value=redeclare]").count() == 0
    way.office(clerk, "general-to-declare")
    page.locator("input[name=number]").fill(NUMBER)
    page.locator("button[value=general]").click()
    page.wait_for_url("**/office/declarations/*/*/")
    assert NUMBER in way.office(clerk, "general-released")


def _year_is_lifted_of(clerk: Visitor) -> None:
    """What customs said of the year is lifted, for who walks here next."""
    page = clerk.page
    page.locator("form[action$='/year/'] input[name=reason]").fill("buyer asks")
    page.locator("form[action$='/year/'] button").click()
    page.locator("form[action$='/lift/'] input[name=reason]").fill("customs mistook")
    page.locator("form[action$='/lift/'] button").click()
    page.wait_for_url("**/office/declarations/*/*/")


def test_who_does_not_pay_may_have_the_money_back(way: Way, tmp_path: Path) -> None:
    buyer, clerk = way.enter("buyer"), way.enter("customs")
    _duty_is_known(clerk, tmp_path)
    limit = buyer.page.locator("section.limit")
    number = _refused_for_the_year(way, buyer)
    limit.locator("button[value=general]").click()
    limit.locator("button[name=pay]").wait_for()
    _year_is_lifted(way, clerk, number)
    limit.locator("button[value=refund]").click()
    money_back = way.said("已退款", "Refunded")
    reloaded_until(buyer, lambda: money_back in buyer.page.locator("main").inner_text(), "the money")
    kept(buyer, f"{way.name}-general-refunded")
    assert buyer.complaints == clerk.complaints == []
