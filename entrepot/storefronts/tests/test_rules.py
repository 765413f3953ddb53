from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.storefronts import rules
from entrepot.storefronts.tests.makers import KOALA


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "Koala"}, "code"),
        ({"code": "k" * 41}, "code"),
        ({"languages": ()}, "languages"),
        ({"languages": ("en", "en")}, "languages"),
        ({"languages": ("fr",)}, "languages"),
        ({"names": {"en": "Koala Lane"}}, "names"),
        ({"names": {"en": " ", "zh-hans": "考拉"}}, "names"),
        ({"hosts": ()}, "hosts"),
        ({"hosts": ("a.example", "a.example")}, "hosts"),
        ({"hosts": ("A.example",)}, "hosts"),
        ({"hosts": ("a.example:80",)}, "hosts"),
        ({"hosts": ("a b",)}, "hosts"),
        ({"currency": "cny"}, "currency"),
        ({"currency": "C1Y"}, "currency"),
        ({"currency": "EUR"}, "currency"),  # a tax of 80 yuan would be charged as 80 euros
    ],
)
def test_a_draft_that_cannot_be_right_names_the_field(change: dict[str, object], field: str) -> None:
    assert rules.fault(replace(KOALA, **change)) == field


def test_the_demo_storefront_is_right() -> None:
    assert rules.fault(KOALA) is None


@given(st.text(alphabet="aZé.:-[] 09", max_size=30))
def test_a_host_name_has_no_port_and_no_capitals(host: str) -> None:
    name = rules.host_name(host)
    assert name == name.lower() and not name.endswith(".")
    assert ":" not in name or name.startswith("[")
