from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import translation

from entrepot.kit.clock import CHINA, now
from entrepot.web.common import formats


@pytest.mark.parametrize(
    ("minor", "shown"), [(0, "¥0.00"), (5, "¥0.05"), (123456789, "¥1,234,567.89"), (-1250, "−¥12.50")]
)
def test_yuan(minor: int, shown: str) -> None:
    assert formats.money(minor, "CNY") == shown


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
def test_yen_are_not_taken_for_yuan(lang: str) -> None:
    with translation.override(lang):
        assert (formats.money(2_002_362, "JPY"), formats.money(-5, "JPY")) == ("JP¥2,002,362", "-JP¥5")
        assert formats.money(123, "USD").endswith("$1.23")


def test_countries_and_times_in_the_visitors_language() -> None:
    year = now().astimezone(CHINA).year
    at = datetime(year, 11, 21, 17, 30, tzinfo=UTC)  # already the next day in China
    before = at.replace(year=2019)
    with translation.override("zh-hans"):
        assert (formats.country("NZ"), formats.country("TW"), formats.country("??")) == ("新西兰", "中国台湾", "??")
        assert formats.moment(at) == "11月22日 01:30"
        assert formats.day(before) == "2019年11月22日"
        assert formats.moment(before) == "2019年11月22日 01:30"
        assert formats.text({"zh-hans": "面霜", "en": "Cream"}) == "面霜"
    with translation.override("en"):
        assert (formats.country("NZ"), formats.country("HK")) == ("New Zealand", "Hong Kong, China")
        assert formats.moment(at) == "Nov 22, 01:30"
        assert formats.moment(before) == f"{formats.day(before)}, 01:30" == "Nov 22, 2019, 01:30"
        assert formats.text({"zh-hans": "面霜"}) == "面霜"


def test_rates_keep_the_places_they_need() -> None:
    assert (formats.percent("0.091"), formats.percent("0.13")) == ("9.1%", "13%")
