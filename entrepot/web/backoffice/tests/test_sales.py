"""Flash sales and limits through the back office: planned, watched, called off; what is wrong is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from entrepot.catalogue.tests.makers import make_sku
from entrepot.catalogue.types import Sku
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, now
from entrepot.kit.sql import rows
from entrepot.pricing import selectors, services
from entrepot.pricing.tests.makers import a_take, koala_list, on_sale, priced
from entrepot.pricing.types import PriceDraft
from entrepot.storefronts.tests.makers import koala_lane
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db
PATH = "/office/sales/"


@pytest.fixture
def clerk() -> Client:
    browser = Client(headers={"Accept-Language": "en"})
    return log_in(browser, people.clerk(Role.CATALOGUE, is_demo=False), second_factor=True)


@pytest.fixture
def sku() -> Sku:
    made = make_sku()
    priced({made.id: 30_000}, now=now())
    return made


def form(sku: Sku, **changes: str) -> dict[str, str]:
    at = now().astimezone(CHINA)
    return {
        "list": str(koala_list()),
        "code": "double-eleven",
        "title_zh": "双十一",
        "title_en": "Double Eleven",
        "starts_at": f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "ends_at": f"{at + timedelta(hours=3):%Y-%m-%dT%H:%M}",
        "admit_per_s": "50",
        "goods": f"{sku.code} 199.00 50 1\n\n",
        **changes,
    }


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def test_a_sale_is_planned_watched_and_called_off(clerk: Client, sku: Sku) -> None:
    address = clerk.post(PATH, form(sku, title_en="Double Eleven\0"))["Location"]
    [found] = selectors.sales(storefront_id=None, since=now())
    [item] = found.items
    assert (item.price_minor, item.units, item.limit_per_person, found.admit_per_s) == (19_900, 50, 1, 50)
    page = text(clerk.get(address))
    assert sku.code in page and "¥199.00" in page and "0 / 50" in page
    assert "Double Eleven" in text(clerk.get(PATH))
    text(clerk.post(address, {"reason": " "}), 302)
    assert selectors.sale(sale_id=found.id).called_off_at is None
    clerk.post(address, {"reason": "a wrong price"})
    assert selectors.sale(sale_id=found.id).called_off_at is not None
    noted = {row["action"]: row["reason"] for row in rows("SELECT action, reason FROM audit_entry")}
    assert noted["pricing.call_off_sale"] == "a wrong price" and noted["pricing.plan_sale"] == "double-eleven"
    assert "Call off" not in text(clerk.get(address))


def test_orders_are_counted_by_the_minute(clerk: Client, sku: Sku) -> None:
    began = now() - timedelta(minutes=5)
    sale = on_sale([sku.id], units=9, now=began)
    for minute in (1, 1, 3):
        services.take_many(takes=[a_take(sale.items[0])], at=began + timedelta(minutes=minute))
    page = text(clerk.get(f"{PATH}{sale.id}/"))
    assert "3 / 9" in page
    assert page.count('class="figure"') == 2 and ">2</text>" in page and ">1</text>" in page


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"list": "x"}, "list", "price list"),
        ({"code": "Ü"}, "code", "right: Code in the address"),
        ({"title_zh": ""}, "title_zh", "right: Titles"),
        ({"starts_at": "soon"}, "starts_at", "Beijing"),
        ({"starts_at": "2020-01-01T00:00"}, "starts_at", "right: From, Beijing time"),
        ({"ends_at": ""}, "ends_at", "Beijing"),
        ({"admit_per_s": "many"}, "admit_per_s", "whole number"),
        ({"goods": ""}, "goods", "right: Articles, one a line"),
        ({"goods": "NONE 1.00 1 1"}, "goods", "NONE"),
        ({"goods": "{sku} 1.00 1"}, "goods", "Line 1"),
        ({"goods": "\n{sku} 1.999 1 1"}, "goods", "Line 2"),
        ({"goods": "{sku} NaN 1 1"}, "goods", "Line 1"),
        ({"goods": "{sku} 300.00 1 1"}, "goods", "below"),
        ({"goods": "{sku} 1.00 0 1"}, "goods", "right: Units of article 1"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    clerk: Client, sku: Sku, change: dict[str, str], field: str, told: str
) -> None:
    change = {name: value.format(sku=sku.code) for name, value in change.items()}
    page = text(clerk.post(PATH, form(sku, **change)), 404 if field == "list" else 422)
    marked = page.split('aria-invalid="true"')[0].rsplit("name=", 1)[1]
    assert marked.startswith(f'"{field}"')
    assert told in page.split('id="refusal"')[1].split("</p>")[0]
    assert field == "title_zh" or 'value="Double Eleven"' in page
    assert selectors.sales(storefront_id=None, since=now()) == ()


def test_what_is_wrong_with_a_sale_is_told_in_chinese_by_the_words_of_its_form(clerk: Client, sku: Sku) -> None:
    chinese = {"Accept-Language": "zh-CN"}
    page = text(clerk.post(PATH, form(sku, starts_at="2020-01-01T00:00"), headers=chinese), 422)
    assert "抢购活动有误：开始（北京时间）" in page
    page = text(clerk.post(PATH, form(sku, goods=f"{sku.code} 1.00 1 0"), headers=chinese), 422)
    assert "抢购活动有误：第 1 个商品的每人限购" in page
    page = text(clerk.post(PATH, form(sku, goods=f"{sku.code} 1.00 1 1\n{sku.code} 1.00 1 1"), headers=chinese), 422)
    assert "抢购活动有误：商品，每行一个" in page


def test_a_list_in_another_currency_than_the_shops_is_refused(clerk: Client, sku: Sku) -> None:
    shop = koala_lane().id
    euros = services.open_list(storefront_id=shop, currency="EUR", now=now())
    services.set_prices(list_id=euros, prices=[PriceDraft(sku.id, 30_000)], actor="li", now=now())
    page = text(clerk.post(PATH, form(sku, list=str(euros))), 422)
    assert page.split('aria-invalid="true"')[0].rsplit("name=", 1)[1].startswith('"list"')
    assert "shop&#x27;s currency, CNY" in page.split('id="refusal"')[1].split("</p>")[0]
    assert selectors.sales(storefront_id=None, since=now()) == ()


def test_a_limit_is_set_shown_and_ended(clerk: Client, sku: Sku) -> None:
    clerk.post(f"{PATH}limits/", {"sku": sku.code, "quantity": "2", "days": "30"})
    [limit] = selectors.limits(at=now())
    assert (limit.sku_id, limit.quantity, limit.days) == (sku.id, 2, 30)
    assert sku.code in text(clerk.get(PATH))
    for wrong in ({"sku": "NONE", "quantity": "2", "days": "30"}, {"sku": sku.code, "quantity": "x", "days": "1"}):
        clerk.post(f"{PATH}limits/", wrong)
    clerk.post(f"{PATH}limits/", {"sku": sku.code, "reason": ""})
    assert selectors.limits(at=now()) == (limit,)
    clerk.post(f"{PATH}limits/", {"sku": sku.code, "reason": "enough for all"})
    assert selectors.limits(at=now()) == ()


def test_what_is_not_there_is_not_found(clerk: Client) -> None:
    assert clerk.get(f"{PATH}00000000-0000-0000-0000-000000000000/").status_code == 404
