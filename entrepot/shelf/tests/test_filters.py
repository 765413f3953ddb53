from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.shelf.rules import filters
from entrepot.shelf.types import Filter


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "x" * 201}, "text"),
        ({"sort": "best"}, "sort"),
        ({"warehouse_kinds": ("moon",)}, "warehouse_kinds"),
        ({"brands": ("",)}, "brands"),
        ({"brands": ("a\0",)}, "brands"),
        ({"brands": tuple("abcdefghijklmnopqrstuvwxyz12345")}, "brands"),
        ({"origins": ("",)}, "origins"),
        ({"category": ""}, "category"),
        ({"category": "a\0"}, "category"),
        ({"price_from": -1}, "price_from"),
        ({"price_to": -1}, "price_to"),
        ({"price_from": 10, "price_to": 9}, "price_to"),
        ({"price_to": 10**13}, "price_to"),
        ({}, None),
        ({"price_from": 10, "price_to": 10, "brands": ("a",), "sort": "new", "warehouse_kinds": ("bonded",)}, None),
    ],
)
def test_a_filter_that_cannot_be_right_names_the_field(change: dict[str, object], field: str | None) -> None:
    assert filters.fault(replace(Filter(), **change)) == field


@given(st.integers(0, 10**9))
def test_every_price_lies_in_exactly_one_band(price: int) -> None:
    bands = range(len(filters.bounds("CNY")) + 1)
    holding = []
    for band in bands:
        low, _, high = filters.band_value(band, "CNY").partition("-")
        if int(low or 0) <= price <= (int(high) if high else price):
            holding.append(band)
    assert len(holding) == 1


@given(st.sets(st.sampled_from(list(filters.KINDS))))
def test_kinds_survive_as_bits(kinds: set[str]) -> None:
    assert set(filters.kinds(filters.mask(tuple(kinds)))) == kinds


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (24, 1), (25, 2), (10**6, filters.PAGES_MAX)])
def test_pages(total: int, pages: int) -> None:
    assert filters.pages(total) == pages


def test_bands_are_labelled_in_both_languages() -> None:
    assert [filters.band_label(n, "CNY", "zh-hans") for n in (0, 1, 6)] == ["¥50以下", "¥50–100", "¥2,000以上"]
    assert [filters.band_label(n, "EUR", "en") for n in (0, 6)] == ["Under EUR 50", "EUR 2,000 and over"]
