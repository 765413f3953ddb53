"""What is read from a list's address, however odd it is."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from entrepot.shelf.types import Filter, Listing
from entrepot.web.storefront.asking import Asked, clean, shown_pages, text_max
from entrepot.web.storefront.views.browse import chip_label


def asked(query: str, fixed: Filter | None = None, currency: str = "CNY") -> Asked:
    return Asked(QueryDict(query), base="/c/beauty/", fixed=fixed or Filter(category="beauty"), currency=currency)


def test_everything_a_visitor_can_ask() -> None:
    found = asked(
        "q=cream&brand=a&brand=b&origin=fr&warehouse=bonded&price_from=10&price_to=99.50&stock=1&sort=new&page=3"
    )
    assert found.filter == Filter(
        text="cream",
        category="beauty",
        brands=("a", "b"),
        origins=("FR",),
        warehouse_kinds=("bonded",),
        price_from=1000,
        price_to=9950,
        in_stock=True,
        sort="new",
    )
    assert found.page == 3
    assert [label for label, _ in found.chips] == ["a", "b", "FR", "bonded", "10", "99.50", "1"]


def test_a_chip_takes_its_own_filter_off_and_the_page_back_to_the_first() -> None:
    chips = dict(asked("brand=a&brand=b&sort=new&page=3").chips)
    assert chips["a"] == "/c/beauty/?brand=b&sort=new"


def test_a_fixed_brand_is_no_chip_and_cannot_be_taken_off() -> None:
    found = asked("brand=other&origin=FR", Filter(brands=("a",)))
    assert found.filter.brands == ("a",)
    assert [label for label, _ in found.chips] == ["FR"]
    assert found.cleared == "/c/beauty/"


@pytest.mark.parametrize("price", ["abc", "-1", "1e9", "NaN", "1e999999", "٣٣٣٣٣٣٣٣٣٣", "1/2"])
def test_a_price_that_is_none_is_said_at_its_field(price: str) -> None:
    found = Asked(QueryDict(mutable=True), base="/", fixed=Filter(), currency="CNY")
    query = QueryDict(mutable=True)
    query["price_from"] = price
    found = Asked(query, base="/", fixed=Filter(), currency="CNY")
    assert found.filter.price_from is None
    assert found.errors["price_from"]
    assert "price_from" not in found.at_page(2)


def test_prices_the_wrong_way_round() -> None:
    with translation.override("en"):
        found = asked("price_from=100&price_to=50")
    assert found.errors["price_to"] == "The second price must not be below the first."
    assert (found.filter.price_from, found.filter.price_to) == (None, None)


@pytest.mark.parametrize("page", ["", "0", "-3", "x", "1.5", "²", "9" * 50])
def test_a_page_that_is_none_is_one_that_exists(page: str) -> None:
    assert 1 <= asked(f"page={page}").page <= 50


def test_a_band_is_chosen_and_let_go() -> None:
    assert asked("").with_price("10000-19999") == "/c/beauty/?price_from=100&price_to=199.99"
    assert asked("price_from=100&price_to=199.99").with_price("10000-19999") == "/c/beauty/"
    assert asked("price_from=5").with_price("200000-") == "/c/beauty/?price_from=2000"


@pytest.mark.parametrize(
    ("currency", "band", "low", "high"),
    [("JPY", "1000-1999", "1000", "1999"), ("KWD", "100000-199999", "100", "199.999")],
)
def test_a_band_is_in_the_units_of_its_currency(currency: str, band: str, low: str, high: str) -> None:
    address = asked("", currency=currency).with_price(band)
    assert address == f"/c/beauty/?price_from={low}&price_to={high}"
    again = asked(address.partition("?")[2], currency=currency)
    assert f"{again.filter.price_from}-{again.filter.price_to}" == band
    assert again.with_price(band) == "/c/beauty/"


@pytest.mark.parametrize(
    ("currency", "chips"),
    [
        ("CNY", ["from ¥100.00", "up to ¥2,000.00"]),
        ("JPY", ["from JP¥100", "up to JP¥2,000"]),
        ("EUR", ["from €100.00", "up to €2,000.00"]),
    ],
)
def test_a_chip_says_its_price_in_the_shops_currency(currency: str, chips: list[str]) -> None:
    with translation.override("en"):
        found = asked("price_from=%C2%A5100&price_to=2,000", currency=currency)
        found.label = chip_label(Listing((), 0, 1, 1, {}, None), found)
        assert [label for label, _ in found.chips] == chips


@given(st.text(max_size=300))
def test_cleaned_words_are_short_and_without_control_characters(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= text_max
    assert not any(ord(character) < 32 or ord(character) == 127 for character in cleaned)
    assert clean(cleaned) == cleaned.strip()


@given(st.integers(1, 60), st.integers(1, 60))
def test_page_numbers_offer_first_last_and_neighbours(page: int, pages: int) -> None:
    page = min(page, pages)
    shown = shown_pages(page, pages)
    assert {1, page, pages} <= set(shown)
    assert len(shown) <= 8
