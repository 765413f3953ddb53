from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from entrepot.catalogue import rules
from entrepot.catalogue.types import Attribute, AttributeKind, SkuDraft
from entrepot.kit.refusals import Refusal

LENGTHS = st.sampled_from([8, 12, 13, 14])


@st.composite
def gtins(draw: st.DrawFn) -> str:
    body = draw(st.text("0123456789", min_size=13, max_size=13))[: draw(LENGTHS) - 1]
    return body + ean.calc_check_digit(body)


@given(gtins())
def test_a_gtin_with_its_check_digit_passes_as_it_is(gtin: str) -> None:
    assert rules.check_gtin(gtin) == gtin


@given(gtins(), st.integers(1, 9))
def test_another_check_digit_is_refused_and_the_right_one_named(gtin: str, off: int) -> None:
    wrong = gtin[:-1] + str((int(gtin[-1]) + off) % 10)
    with pytest.raises(rules.BadCheckDigit) as refused:
        rules.check_gtin(wrong)
    assert refused.value.data["expected"] == gtin[-1]


@given(st.text(max_size=20))
def test_whatever_stands_in_a_barcode_is_a_gtin_or_a_named_refusal(text: str) -> None:
    try:
        found = rules.check_gtin(text)
    except Refusal as refused:
        assert refused.field == "gtin"
    else:
        assert found.isascii()
        assert len(found) in {8, 12, 13, 14}


@pytest.mark.parametrize("gtin", ["", "1234", "12345678901", "٩٠٠٨٧٠٠١٢٤١٩٥", "9008700124195x"])
def test_odd_barcodes_are_refused(gtin: str) -> None:
    with pytest.raises(rules.BadGtin):
        rules.check_gtin(gtin)


@given(st.dictionaries(st.sampled_from(["zh-Hans", "en", "hr"]), st.text(max_size=60)))
def test_texts_come_out_clean_or_are_refused(texts: dict[str, str]) -> None:
    try:
        found = rules.clean_texts(texts, field="titles", length_max=50)
    except rules.BadText as refused:
        assert refused.field == "titles"
        return
    assert found
    for language, words in found.items():
        assert language == language.lower()
        assert 0 < len(words) <= 50
        assert unicodedata.is_normalized("NFC", words)
        assert words == words.strip()
    assert rules.clean_texts(found, field="titles", length_max=50) == found


@pytest.mark.parametrize(
    "texts", [{}, {"en": " "}, {"en": "a\x00b"}, {"en": "\ud800"}, {"": "x"}, {"english!": "x"}, {"en": 5}, "x", None]
)
def test_bad_texts_are_refused(texts: object) -> None:
    with pytest.raises(rules.BadText):
        rules.clean_texts(texts, field="names", length_max=50)  # type: ignore[arg-type]


@given(st.text(max_size=100))
def test_slugs_made_of_words_are_slugs_or_empty(words: str) -> None:
    slug = rules.slugify(words)
    assert slug == "" or rules.clean_slug(slug) == slug


def test_slugs_keep_latin_letters() -> None:
    assert rules.slugify("Đurđica Šumsko Voće 0,5 L") == "durdica-sumsko-voce-0-5-l"
    assert rules.slugify("羽绒服") == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [("IT", "IT"), ("ita", "IT"), ("意大利", "IT"), ("Italy", "IT"), (" united  states ", "US"), ("中国", "CN"),
     ("uk", "GB"), ("新西兰", "NZ"), ("South Korea", "KR"), ("韩国", "KR"), ("", "")],
)  # fmt: skip
def test_countries_by_code_and_name(words: str, code: str) -> None:
    assert rules.country(words, field="origin") == code


@pytest.mark.parametrize("words", ["EU", "ZZ", "XX", "Atlantis", "I", "150"])
def test_no_country(words: str) -> None:
    with pytest.raises(rules.UnknownCountry):
        rules.country(words, field="origin")


def test_a_title_names_brand_product_and_variant_once() -> None:
    axes = {"size": {"zh-hans": "大号", "en": "L"}, "colour": {"zh-hans": "红", "en": "red"}}
    brand = {"en": "Moncler"}
    titles = rules.sku_titles(brand=brand, product={"zh-hans": "羽绒服", "en": "MONCLER jacket"}, axes=axes)
    assert titles == {"zh-hans": "Moncler 羽绒服 红 大号", "en": "MONCLER jacket red L"}


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=4))
def test_numbers_are_stored_plainly(number: Decimal) -> None:
    stored = rules.clean_attribute(Attribute("power", {"en": "Power"}, AttributeKind.NUMBER, "W"), f"{number}")
    assert isinstance(stored, str)
    assert Decimal(stored) == number
    assert "E" not in stored


@pytest.mark.parametrize("value", ["", "x", "NaN", "Infinity", "1e50", "0.00000001", {"en": "5"}, None])
def test_numbers_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(rules.BadAttribute):
        rules.clean_attribute(Attribute("power", {}, AttributeKind.NUMBER), value)  # type: ignore[arg-type]


def test_choices_are_of_the_list() -> None:
    cup = Attribute("fabric", {"en": "Fabric"}, AttributeKind.CHOICE, choices={"wool": {"en": "Wool"}})
    assert rules.clean_attribute(cup, "wool") == "wool"
    assert rules.attribute_value(cup, "wool") == {"en": "Wool"}
    with pytest.raises(rules.BadAttribute):
        rules.clean_attribute(cup, "silk")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"code": ""}, rules.BadCode), ({"code": "-a"}, rules.BadCode), ({"code": "a" * 41}, rules.BadCode),
        ({"net_weight_g": -1}, rules.BadWeight), ({"net_weight_g": 5, "gross_weight_g": 4}, rules.BadWeight),
        ({"gross_weight_g": 10**8}, rules.BadWeight), ({"origin": "Q1"}, rules.UnknownCountry),
        ({"gtin": "4006381333932"}, rules.BadCheckDigit), ({"axes": {"Size": {"en": "L"}}}, rules.BadSlug),
        ({"axes": {"size": {}}}, rules.BadText), ({"axes": dict.fromkeys("abcdef", {"en": "x"})}, rules.TooManyAxes),
    ],
)  # fmt: skip
def test_bad_skus_are_refused(changes: dict[str, object], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        rules.clean_sku(SkuDraft(**{"code": "A1", **changes}))  # type: ignore[arg-type]
    assert refused.value.field
