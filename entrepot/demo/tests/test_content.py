"""What the demo promises, checked on its data files alone."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

import pytest
from stdnum import ean

from entrepot.demo import content, sheets

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
ITEMS = content.items()
VARIANTS = [variant for item in ITEMS for variant in item.variants]
HAN = re.compile("[\u4e00-\u9fff]")


def test_enough_to_look_at() -> None:
    countries = {brand.slug: brand.country for brand in content.brands()}
    used = {item.brand for item in ITEMS}
    assert len(VARIANTS) >= 400
    assert len(used) >= 80 and used == set(countries), "every brand has an article"
    assert len({countries[slug] for slug in used}) >= 25
    assert len({item.origin for item in ITEMS}) >= 25
    shelves = Counter(content.parents()[item.category] for item in ITEMS)
    assert set(shelves) == set(content.SHELVES) and min(shelves.values()) >= 12
    assert len({item.form for item in ITEMS}) >= 25


def test_codes_and_barcodes_are_right_and_unique() -> None:
    assert len({variant.code for variant in VARIANTS}) == len({variant.gtin for variant in VARIANTS}) == len(VARIANTS)
    for variant in VARIANTS:
        assert ean.is_valid(variant.gtin) and variant.gtin.startswith(content.GTIN_PREFIX), variant.code
        assert len(variant.code) <= 40


def test_texts_in_both_languages() -> None:
    for item in ITEMS:
        for texts in (item.titles, item.texts):
            assert HAN.search(texts["zh-hans"]), item.slug
            assert texts["en"] and not HAN.search(texts["en"]), item.slug
        assert item.texts["zh-hans"].endswith("。") and item.texts["en"].endswith("."), item.slug
        assert 10 <= len(item.texts["zh-hans"]) <= 120 and 20 <= len(item.texts["en"]) <= 260, item.slug
        for variant in item.variants:
            assert all(text["zh-hans"] and text["en"] for text in variant.axes.values()), variant.code
    for draft in [*content.brands(), *content.categories(), *sheets.product_types()]:
        assert draft.names["zh-hans"] and draft.names["en"]


def test_prices_weights_and_sheets() -> None:
    parents = content.parents()
    for item in ITEMS:
        assert item.draft(parents).attributes, f"{item.slug} has no attribute"
        for variant in item.variants:
            assert 10_00 <= variant.price_minor <= 5000_00, variant.code
            assert variant.was_minor is None or variant.was_minor > variant.price_minor
            assert 0 < variant.net_g <= variant.gross_g, variant.code
    assert 60 <= sum(1 for variant in VARIANTS if variant.was_minor) <= len(VARIANTS)


def test_every_article_has_a_code_with_legal_units() -> None:
    used = {item.hs_code for item in ITEMS}
    assert used == set(content.codes()), "no code without an article, no article without a code"
    for item in ITEMS:
        code = content.codes()[item.hs_code]
        assert len(item.hs_code) == 10
        for variant in item.variants:
            for unit in filter(None, (code.unit1, code.unit2)):
                assert item.quantity(unit, variant) > 0


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the data sets are not beside this checkout")
def test_codes_are_lines_of_the_nomenclature() -> None:
    """The six digits are of the edition of 2022; all ten are a line of China's tariff of 2018, or the note says not."""
    with gzip.open(DATA / "hs-nomenclature" / "hs2022_descriptions.csv.gz", "rt", encoding="utf-8") as file:
        subheadings = {row[0] for row in csv.reader(file)}
    with gzip.open(DATA / "cn-tariff-2018-2019" / "cn_tariff_steps_hs10.csv.gz", "rt", encoding="utf-8") as file:
        lines = {row[0] for row in csv.reader(file)}
    for code in content.codes().values():
        assert code.hs_code[:6] in subheadings, code
        assert code.hs_code in lines or "last digits" in code.note, code
    with (DATA / "cn-customs-codes" / "units_ceb.csv").open(encoding="utf-8") as file:
        units = {row["code"] for row in csv.DictReader(file)}
    for item in ITEMS:
        code = content.codes()[item.hs_code]
        assert {code.unit1, code.unit2 or code.unit1, item.sales_unit(code)} <= units


@pytest.mark.parametrize("text", ["Red", "red~红", "red~~Red", "1l@x"])
def test_a_variant_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a variant"):
        content._value("colour", text)


def test_an_attribute_that_the_type_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError):
        sheets.attribute("wine", "voltage")
