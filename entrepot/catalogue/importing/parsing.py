"""One row's cells as what they say about a product, its SKU and its classification. Empty cells say nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from entrepot.catalogue import rules
from entrepot.catalogue.importing.fields import split
from entrepot.catalogue.types import Problem, SkuDraft
from entrepot.kit.refusals import Invalid, Refusal

Parsed = dict[str, dict[str, Any]]  # {"product": …, "sku": …, "classification": …}, only what the row says

_MASS_G = {
    **dict.fromkeys(("g", "gr", "克"), Decimal(1)),
    **dict.fromkeys(("kg", "千克", "公斤"), Decimal(1000)),
    **dict.fromkeys(("mg", "毫克"), Decimal("0.001")),
    **dict.fromkeys(("lb", "磅"), Decimal("453.59237")),
    **dict.fromkeys(("oz", "盎司"), Decimal("28.349523125")),
}
_PIECES = {"kom", "pc", "pcs", "piece", "pieces", "par", "件", "个", "只", "支", "套", "双", "ea", "each", "stk"}
_UNITS = {"l": "L", "lit": "L", "升": "L", "ml": "ml", "毫升": "ml", "kg": "kg", "千克": "kg", "公斤": "kg", "g": "g",
          "gr": "g", "克": "g", "m": "m", "米": "m", "cl": "cl", "dl": "dl"}  # fmt: skip
_YES = {"1", "yes", "y", "true", "是", "启用", "上架", "on", "da", "✓"}
_NO = {"0", "no", "n", "false", "否", "停用", "下架", "off", "ne"}
_NUMBER = re.compile(r"([0-9][0-9.,'’ ]*)\s*([^0-9.,'’ ].*)?")


class BadNumber(Invalid):
    code = "bad_number"
    zh = "不是数字：{value}"
    en = "Not a number: {value}"


class AmbiguousNumber(Invalid):
    code = "ambiguous_number"
    zh = "无法判断“{value}”中的逗号是小数点还是千位分隔"
    en = "The comma in {value} may be a decimal or a thousands mark"


class UnknownUnit(Invalid):
    code = "unknown_unit"
    zh = "不认识的单位：{value}"
    en = "Unknown unit: {value}"


class BadSwitch(Invalid):
    code = "bad_switch"
    zh = "须为“是”或“否”：{value}"
    en = "Should be yes or no: {value}"


class TooWide(Invalid):
    code = "too_wide"
    zh = "这一行的单元格比表头多"
    en = "The row has more cells than there are headings"


def number(words: str, *, field: str) -> tuple[Decimal, str]:
    """The number and the unit behind it ("1,5 kg" is 1.5 and "kg"). Raises BadNumber, AmbiguousNumber."""
    found = _NUMBER.fullmatch(words.strip())
    if not found:
        raise BadNumber(field=field, value=words[:40])
    digits = re.sub(r"[ '’]", "", found[1])
    if "," in digits and "." in digits:
        thousands, point = (".", ",") if digits.rindex(",") > digits.rindex(".") else (",", ".")
        digits = digits.replace(thousands, "").replace(point, ".")
    elif "," in digits:
        if re.fullmatch(r"[1-9][0-9]{0,2},[0-9]{3}", digits):
            raise AmbiguousNumber(field=field, value=words[:40])
        digits = digits.replace(",", "." if digits.count(",") == 1 else "")
    try:
        value = Decimal(digits)
    except InvalidOperation:
        raise BadNumber(field=field, value=words[:40]) from None
    if len(digits) > 18:
        raise BadNumber(field=field, value=words[:40])
    return value, (found[2] or "").strip()


def weight_g(words: str, *, field: str) -> int:
    """Whole grams, half up; a unit in the cell beats the column's. Raises BadNumber, UnknownUnit, BadWeight."""
    value, unit = number(words, field=field)
    factor = _MASS_G.get(unit.casefold() or field.rpartition("_")[2])
    if factor is None:
        raise UnknownUnit(field=field, value=unit[:20])
    grams = int((value * factor).to_integral_value("ROUND_HALF_UP"))
    if not 0 < grams <= rules.WEIGHT_MAX_G:
        raise rules.BadWeight(field=field)
    return grams


def content(quantity: str, unit: str) -> tuple[str, int]:
    """Net content for the variant's name ("0.5 L"; one piece says nothing) and its net weight, 0 if it is no mass.

    Raises BadNumber, AmbiguousNumber, UnknownUnit.
    """
    value, own_unit = number(quantity, field="content_quantity")
    words = (own_unit or unit).strip().casefold()
    plain = f"{value.normalize():f}"
    if not words or words in _PIECES:
        return ("" if value == 1 else plain), 0
    if words not in _UNITS:
        raise UnknownUnit(field="content_unit", value=words[:20])
    if not value:
        raise BadNumber(field="content_quantity", value=quantity[:40])
    factor = _MASS_G.get(words)
    grams = int((value * factor).to_integral_value("ROUND_HALF_UP")) if factor else 0
    return f"{plain} {_UNITS[words]}", grams if grams <= rules.WEIGHT_MAX_G else 0


def switch(words: str, *, field: str) -> bool:
    """Raises BadSwitch."""
    folded = words.casefold()
    if folded not in _YES | _NO:
        raise BadSwitch(field=field, value=words[:20])
    return folded in _YES


def _quantity(words: str, *, field: str) -> str:
    value, unit = number(words, field=field)
    if unit:
        raise BadNumber(field=field, value=words[:40])
    rules.check_quantity(value, field=field)
    return f"{value.normalize():f}"


def _hs(words: str, *, field: str) -> str:
    digits = re.sub(r"[ .]", "", words)
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise rules.BadHsCode(field=field)
    return digits


def _unit(words: str, *, field: str) -> str:
    if not re.fullmatch(r"[0-9]{1,3}", words):
        raise rules.BadUnit(field=field)
    return words.zfill(3)  # spreadsheets eat leading zeros: "35" is 035


def _code(words: str, *, field: str) -> str:
    return rules.clean_sku(SkuDraft(words)).code


def _text(length_max: int) -> Callable[..., str]:
    return lambda words, *, field: rules.clean_text(words, field=field, length_max=length_max)


def _categories(words: str, *, field: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;；|]", words) if part.strip()][:20]


def _country(words: str, *, field: str) -> str:
    return rules.country(words, field=field)


def _gtin(words: str, *, field: str) -> str:
    return rules.check_gtin(words, field=field)


# field: (part of the row, key in it, reader)
_PLAIN: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "code": ("sku", "code", _code),
    "gtin": ("sku", "gtin", _gtin),
    "origin": ("sku", "origin", _country),
    "net_weight_g": ("sku", "net_weight_g", weight_g),
    "net_weight_kg": ("sku", "net_weight_g", weight_g),
    "gross_weight_g": ("sku", "gross_weight_g", weight_g),
    "gross_weight_kg": ("sku", "gross_weight_g", weight_g),
    "active": ("sku", "active", switch),
    "brand_country": ("product", "brand_country", _country),
    "type": ("product", "product_type", _text(60)),
    "category": ("product", "categories", _categories),
    "product": ("product", "key", _text(120)),
    "hs_code": ("classification", "hs_code", _hs),
    "declared_name": ("classification", "declared_name", _text(250)),
    "model": ("classification", "model", _text(510)),
    "sales_unit": ("classification", "sales_unit", _unit),
    "unit1": ("classification", "unit1", _unit),
    "quantity1": ("classification", "quantity1", _quantity),
    "unit2": ("classification", "unit2", _unit),
    "quantity2": ("classification", "quantity2", _quantity),
}
_TEXTS = {
    "title": ("titles", rules.TITLE_LENGTH_MAX),
    "brand": ("brand_names", rules.NAME_LENGTH_MAX),
    "description": ("descriptions", rules.DESCRIPTION_LENGTH_MAX),
}


def _say(parsed: Parsed, field: str, words: str, language: str) -> None:
    """Put one cell's meaning into `parsed`. Raises a Refusal that names the field."""
    base, own_language = split(field)
    tag = own_language or language
    if base in _PLAIN:
        part, key, reader = _PLAIN[base]
        parsed[part][key] = reader(words, field=field)
    elif base in _TEXTS:
        key, length_max = _TEXTS[base]
        parsed["product"].setdefault(key, {})[tag] = rules.clean_text(words, field=field, length_max=length_max)
    elif base.startswith("axis."):
        values = parsed["sku"].setdefault("axes", {}).setdefault(base.removeprefix("axis."), {})
        values[tag] = rules.clean_text(words, field=field, length_max=60)
    elif base.startswith("attr."):
        values = parsed["product"].setdefault("attributes", {}).setdefault(base.removeprefix("attr."), {})
        values[tag] = rules.clean_text(words, field=field, length_max=rules.TITLE_LENGTH_MAX)


def parse(
    cells: Sequence[str], *, mapping: Mapping[str, int], defaults: Mapping[str, str], language: str, width: int
) -> tuple[Parsed, list[Problem]]:
    """What a row says, and everything that is wrong with it. `defaults` fill empty cells; `width` = headings."""
    parsed: Parsed = {"product": {}, "sku": {}, "classification": {}}
    said = {name: cells[column] for name, column in mapping.items() if cells[column]}
    said = {**{name: words for name, words in defaults.items() if words}, **said}
    problems = [rules.problem(TooWide(field=""))] if len(cells) > width else []
    for field, words in said.items():
        try:
            _say(parsed, field, words, language)
        except Refusal as refused:
            problems.append(rules.problem(refused))
    if said.get("content_quantity"):
        try:
            words, grams = content(said["content_quantity"], said.get("content_unit", ""))
        except Refusal as refused:
            problems.append(rules.problem(refused))
        else:
            if words:
                parsed["sku"].setdefault("axes", {})["content"] = {language: words}
            if grams:
                parsed["sku"].setdefault("net_weight_g", grams)
    return parsed, problems
