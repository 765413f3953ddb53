from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalogue.importing import fields, parsing
from entrepot.kit.refusals import Refusal


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("商品编码", "code"), ("SKU", "code"), ("条形码", "gtin"), ("Barcode", "gtin"), (" EAN ", "gtin"),
        ("中文名称", "title.zh-hans"), ("名称（中文）", "title.zh-hans"),
        ("商品名称-英文", "title.en"), ("Name (EN)", "title.en"),
        ("title_en", "title.en"), ("name_hr", "title.hr"),
        ("品牌", "brand"), ("品牌英文", "brand.en"), ("原产国*", "origin"),
        ("净重(kg)", "net_weight_kg"), ("净重", "net_weight_g"),
        ("Colour", "axis.colour"), ("颜色-英文", "axis.colour.en"),
        ("axis.wheel-size", "axis.wheel-size"), ("attr.power", "attr.power"),
        ("功率", "attr.power"), ("HS编码", "hs_code"),
        ("法定第二数量", "quantity2"), ("电池容量英文", "attr.battery.en"),
        ("sku_en", None), ("库存", None), ("", None),
    ],
)  # fmt: skip
def test_headings_say_what_they_mean(heading: str, field: str | None) -> None:
    assert fields.guess_field(heading, {"功率": "attr.power", "电池容量": "attr.battery"}) == field


@given(st.lists(st.text(max_size=20), max_size=30))
def test_any_headings_give_a_mapping_that_can_be_used(headings: list[str]) -> None:
    mapping = fields.guess(headings)
    assert len(set(mapping.values())) == len(mapping)
    for name, column in mapping.items():
        assert fields.check_field(name) == name
        assert 0 <= column < len(headings)


@pytest.mark.parametrize("field", fields.FIELDS)
def test_a_field_is_found_by_its_own_names(field: str) -> None:
    known = fields.FIELDS[field]
    assert {fields.guess_field(label, {}) for label in (known.zh, known.en, field)} == {field}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_is_understood_as_it_is_meant(language: str) -> None:
    assert tuple(fields.guess(fields.template(language))) == fields._TEMPLATE


@pytest.mark.parametrize(
    ("mapping", "refusal"),
    [
        ({"title": 0}, fields.MissingColumns),
        ({"code": 0, "gtin": 0}, fields.ColumnTwice), ({}, fields.MissingColumns),
        ({"code": 2}, fields.UnknownColumn),
        ({"code": -1}, fields.UnknownColumn), ({"code": "0"}, fields.UnknownColumn),
        ({"code": True}, fields.UnknownColumn), ({"code": 0, "price": 1}, fields.UnknownField),
        ({"code.en": 0}, fields.UnknownField), ({"code": 0, "title.english!": 1}, fields.UnknownField),
        ({"code": 0, "axis.": 1}, fields.UnknownField), ({"code": 0, "attr.A b": 1}, fields.UnknownField),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_is_refused(mapping: dict[str, int], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        fields.check_mapping(mapping, ["a", "b"])


def test_columns_are_named_by_heading() -> None:
    assert fields.by_headings({"title": "NAME", "code": "货 号"}, ["货 号", "name"]) == {"title": 1, "code": 0}
    with pytest.raises(fields.UnknownColumn):
        fields.by_headings({"title": "x"}, ["name"])


@pytest.mark.parametrize(
    ("words", "value", "unit"),
    [
        ("1.5", "1.5", ""), ("1,5 kg", "1.5", "kg"), ("1.234,5", "1234.5", ""), ("1,234.5 g", "1234.5", "g"),
        ("1 234", "1234", ""), ("0,330", "0.330", ""), ("12,345,678", "12345678", ""), ("500克", "500", "克"),
        ("1'250", "1250", ""),
    ],
)  # fmt: skip
def test_numbers_in_many_hands(words: str, value: str, unit: str) -> None:
    assert parsing.number(words, field="x") == (Decimal(value), unit)


@pytest.mark.parametrize("words", ["", "kg", "-1", "1.2.3", "1..2", "x1", "٣", "1e9x", "9" * 30, "½", "=1+1"])
def test_no_numbers(words: str) -> None:
    try:
        value, unit = parsing.number(words, field="x")
    except parsing.BadNumber:
        return
    assert unit  # "1e9x" is 1 of the unit "e9x", which no field takes
    with pytest.raises(Refusal):
        parsing.weight_g(words, field="net_weight_g")


def test_a_comma_that_could_be_either_is_refused() -> None:
    with pytest.raises(parsing.AmbiguousNumber):
        parsing.number("1,250", field="net_weight_g")


@pytest.mark.parametrize(
    ("words", "field", "grams"),
    [("250", "net_weight_g", 250), ("0.25", "net_weight_kg", 250), ("250 g", "net_weight_kg", 250),
     ("1.5公斤", "gross_weight_g", 1500), ("1 lb", "net_weight_g", 454), ("0.5", "net_weight_g", 1)],
)  # fmt: skip
def test_weights(words: str, field: str, grams: int) -> None:
    assert parsing.weight_g(words, field=field) == grams


@pytest.mark.parametrize(
    ("quantity", "unit", "found"),
    [("2.00", "L", ("2 L", 0)), ("0.33", "l", ("0.33 L", 0)), ("38", "g", ("38 g", 38)), ("0.5", "kg", ("0.5 kg", 500)),
     ("1", "kom", ("", 0)), ("6", "kom", ("6", 0)), ("500ml", "", ("500 ml", 0)), ("100", "", ("100", 0))],
)  # fmt: skip
def test_net_content(quantity: str, unit: str, found: tuple[str, int]) -> None:
    assert parsing.content(quantity, unit) == found


FIELD = st.sampled_from([*fields.FIELDS, "title.en", "axis.size", "attr.power.en"])
WORDS = st.one_of(st.text(max_size=30), st.from_regex(r"[0-9.,]{1,12} ?(g|kg|L|克)?", fullmatch=True))


@given(st.dictionaries(FIELD, WORDS))
def test_whatever_stands_in_the_cells_is_said_or_named_as_a_problem(row: dict[str, str]) -> None:
    mapping = {name: column for column, name in enumerate(row)}
    _, problems = parsing.parse(
        list(row.values()), mapping=mapping, defaults={}, language="zh-hans", width=len(mapping)
    )
    for problem in problems:
        assert problem.field in row or problem.field.startswith("content_")
        assert problem.zh != problem.en


def test_a_row_says_what_its_cells_say() -> None:
    row = {
        "code": "A1", "gtin": "4006381333931", "title": "笔", "title.en": "Pen", "brand": "Stabilo", "origin": "德国",
        "net_weight_g": "12", "active": "是", "axis.colour": "红", "axis.colour.en": "red", "category": "文具; pens",
        "hs_code": "9608.10 0000", "unit1": "35", "quantity1": "0.012", "description": "",
    }  # fmt: skip
    mapping = {name: column for column, name in enumerate(row)}
    parsed, problems = parsing.parse(
        list(row.values()), mapping=mapping, defaults={"description": "无"}, language="zh-hans", width=len(row)
    )
    assert problems == []
    assert parsed["sku"] == {
        "code": "A1", "gtin": "4006381333931", "origin": "DE", "net_weight_g": 12, "active": True,
        "axes": {"colour": {"zh-hans": "红", "en": "red"}},
    }  # fmt: skip
    assert parsed["product"] == {
        "titles": {"zh-hans": "笔", "en": "Pen"}, "brand_names": {"zh-hans": "Stabilo"}, "categories": ["文具", "pens"],
        "descriptions": {"zh-hans": "无"},
    }  # fmt: skip
    assert parsed["classification"] == {"hs_code": "9608100000", "unit1": "035", "quantity1": "0.012"}


def test_more_cells_than_headings_are_a_problem() -> None:
    _, problems = parsing.parse(["A", "x"], mapping={"code": 0}, defaults={}, language="en", width=1)
    assert [problem.code for problem in problems] == ["too_wide"]
