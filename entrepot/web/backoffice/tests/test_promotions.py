"""Promotions through the back office: planned, watched, called off; what is wrong is told beside its field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from entrepot.catalogue.tests.makers import make_sku
from entrepot.identity.tests import makers as people
from entrepot.identity.types import Role
from entrepot.kit.clock import CHINA, now
from entrepot.kit.ids import new_id
from entrepot.kit.sql import rows
from entrepot.pricing import selectors, services
from entrepot.pricing.tests.makers import a_wish, koala_list
from entrepot.pricing.types import Promotion
from entrepot.web.common.tests.makers import log_in

pytestmark = pytest.mark.django_db
PATH = "/office/promotions/"


@pytest.fixture
def clerk() -> Client:
    browser = Client(headers={"Accept-Language": "en"})
    return log_in(browser, people.clerk(Role.FINANCE, is_demo=False), second_factor=True)


def form(**changes: str) -> dict[str, str]:
    at = now().astimezone(CHINA)
    return {
        "list": str(koala_list()),
        "code": "winter",
        "title_zh": "冬季满减",
        "title_en": "Winter saving",
        "starts_at": f"{at + timedelta(minutes=2):%Y-%m-%dT%H:%M}",
        "ends_at": f"{at + timedelta(days=3):%Y-%m-%dT%H:%M}",
        "threshold": "300",
        "off": "40.50",
        "times": "3",
        "per_person": "",
        "budget": "8100",
        "skus": "",
        **changes,
    }


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def the_only() -> Promotion:
    [found] = selectors.planned_promotions(since=now())
    return found


def test_a_promotion_is_planned_watched_and_called_off(clerk: Client) -> None:
    sku = make_sku()
    assert clerk.post(PATH, form(skus=f"{sku.code}\n{sku.code}", title_en="Winter saving\0")).status_code == 302
    found = the_only()
    assert (found.threshold_minor, found.off_minor, found.times_max, found.budget_minor) == (30_000, 4_050, 3, 810_000)
    assert (found.sku_ids, found.per_person) == ({sku.id}, None)
    wish = a_wish(found.id, 8_100)
    assert services.grant_many(grants=[wish], at=found.starts_at) == {}
    page = text(clerk.get(PATH))
    assert (
        "Winter saving" in page
        and "¥300.00" in page
        and "¥40.50" in page
        and "¥81.00" in page
        and "of ¥8,100.00" in page
        and "for each ¥300.00, up to 3 times" in page
    )
    assert "1 article" in page and '<rect width="1"' in page
    assert "per person" not in page
    clerk.post(f"{PATH}{found.id}/", {"reason": " "})
    assert the_only().called_off is False
    clerk.post(f"{PATH}{found.id}/", {"reason": "a wrong sum"})
    assert the_only().called_off is True
    noted = {row["action"]: row["reason"] for row in rows("SELECT action, reason FROM audit_entry")}
    assert noted["pricing.plan_promotion"] == "winter" and noted["pricing.call_off_promotion"] == "a wrong sum"
    assert "Call off" not in text(clerk.get(PATH))


@pytest.mark.parametrize(
    ("typed", "told"), [("1", "at most 1 order per person"), (" 3 ", "at most 3 orders per person")]
)
def test_a_promotion_may_have_a_limit_for_one_person(clerk: Client, typed: str, told: str) -> None:
    assert clerk.post(PATH, form(per_person=typed)).status_code == 302
    assert the_only().per_person == int(typed)
    assert told in text(clerk.get(PATH))
    assert f"每人限享 {typed.strip()} 次" in text(clerk.get(PATH, headers={"Accept-Language": "zh-CN"}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("list", "no list"),
        ("code", "Ünicode"),
        ("title_zh", ""),
        ("starts_at", "tomorrow"),
        ("ends_at", "2020-01-01T00:00"),
        ("threshold", "three hundred"),
        ("threshold", "300.001"),
        ("off", "300"),
        ("off", "NaN"),
        ("times", "0"),
        ("per_person", "0"),
        ("per_person", "9999"),
        ("per_person", "one"),
        ("budget", "1"),
        ("budget", "1e99"),
        ("skus", "NO-SUCH-SKU"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_written_stays(clerk: Client, field: str, value: str) -> None:
    page = text(clerk.post(PATH, form(**{field: value})), 422 if field != "list" else 404)
    assert 'id="refusal"' in page
    assert "Winter saving" in page
    assert selectors.planned_promotions(since=now()) == ()


@pytest.mark.parametrize(
    ("field", "value", "en", "zh"),
    [
        ("off", "300", "take off", "减"),
        ("starts_at", "2020-01-01T00:00", "From, Beijing time", "开始（北京时间）"),
        ("budget", "1", "Budget for all orders", "总预算"),
    ],
)
def test_what_is_wrong_is_told_by_the_words_of_the_form(
    clerk: Client, field: str, value: str, en: str, zh: str
) -> None:
    wrong = form(**{field: value})
    assert f"The promotion cannot be right: {en}<" in text(clerk.post(PATH, wrong), 422)
    assert f"满减活动有误：{zh}<" in text(clerk.post(PATH, wrong, headers={"Accept-Language": "zh-CN"}), 422)


def test_only_who_sets_prices_may_come(clerk: Client) -> None:
    other = log_in(Client(), people.clerk(Role.WAREHOUSE, is_demo=False), second_factor=True)
    assert other.get(PATH).status_code == 403
    assert other.post(PATH, form()).status_code == 403
    assert other.post(f"{PATH}{new_id()}/", {"reason": "mine"}).status_code == 403
