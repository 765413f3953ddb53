"""What makes a text, a barcode, a country, an attribute or a classification right. Pure: no database, no clock."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import cache

from babel.core import Locale, get_global
from stdnum import ean

from entrepot.catalogue.types import Attribute, AttributeKind, ClassificationDraft, Problem, SkuDraft, Texts, text
from entrepot.kit.refusals import Invalid, Refusal

NAME_LENGTH_MAX = 120
TITLE_LENGTH_MAX = 250
DESCRIPTION_LENGTH_MAX = 10_000
LANGUAGES_MAX = 12
AXES_MAX = 5
WEIGHT_MAX_G = 10_000_000

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_UNIT = re.compile(r"[0-9]{3}")
# Letters that Unicode does not decompose into a base letter and an accent.
_PLAIN = str.maketrans({"đ": "d", "Đ": "D", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
                        "ł": "l", "Ł": "L", "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D"})  # fmt: skip


class BadText(Invalid):
    code = "bad_text"
    zh = "文字不符合要求：{why_zh}"
    en = "The text is not acceptable: {why_en}"


class BadSlug(Invalid):
    code = "bad_slug"
    zh = "网址名只能由小写字母、数字和连字符组成，最长 {length_max} 位"
    en = "A slug has small letters, digits and single hyphens only, {length_max} at most"


class BadCode(Invalid):
    code = "bad_code"
    zh = "货号须以字母或数字开头，只含字母、数字和 . _ / -，最长 40 位"
    en = "A SKU code begins with a letter or digit and has letters, digits and . _ / - only, 40 at most"


class BadGtin(Invalid):
    code = "bad_gtin"
    zh = "条码须为 8、12、13 或 14 位数字，现为 {length} 位"
    en = "A barcode has 8, 12, 13 or 14 digits; this one has {length} characters"


class BadCheckDigit(Invalid):
    code = "bad_check_digit"
    zh = "条码 {gtin} 的校验位不对，应为 {expected}"
    en = "The check digit of barcode {gtin} is wrong; it should be {expected}"


class UnknownCountry(Invalid):
    code = "unknown_country"
    zh = "不认识的国家或地区：{value}"
    en = "Unknown country: {value}"


class BadWeight(Invalid):
    code = "bad_weight"
    zh = "重量须为 0 至 10,000 千克之间的整数克，毛重不低于净重"
    en = "A weight is whole grams between 0 and 10,000 kg, gross not below net"


class BadAttribute(Invalid):
    code = "bad_attribute"
    zh = "属性“{attribute}”的值不正确"
    en = "The value of attribute “{attribute}” is not right"


class TooManyAxes(Invalid):
    code = "too_many_axes"
    zh = "规格维度最多 {axes_max} 个"
    en = "A SKU has {axes_max} variant axes at most"


class BadHsCode(Invalid):
    code = "bad_hs_code"
    zh = "商品编号须为 10 位数字（中国）"
    en = "The HS code has ten digits (China)"


class BadUnit(Invalid):
    code = "bad_unit"
    zh = "计量单位须为海关三位代码，第二单位与第二数量须同时填写"
    en = "A unit is customs' three-digit code; the second unit and quantity come together"


class BadQuantity(Invalid):
    code = "bad_quantity"
    zh = "法定数量须大于 0，最多 5 位小数"
    en = "A legal quantity is above 0 with five decimals at most"


class BadPeriod(Invalid):
    code = "bad_period"
    zh = "有效期的结束须晚于开始"
    en = "A period ends after it begins"


def _unstorable(words: str) -> bool:
    """Cc holds NUL and escape codes, Cs lone surrogates (which no database takes), Cn what Unicode never assigned."""
    return any(unicodedata.category(character) in {"Cc", "Cs", "Cn"} for character in words if character != "\n")


def clean_text(value: str, *, field: str, length_max: int, required: bool = True) -> str:
    """The text in NFC without outer or doubled blanks; line breaks stay. Raises BadText."""
    if not isinstance(value, str):
        raise BadText(field=field, why_zh="不是文字", why_en="not a text")
    lines = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cleaned = "\n".join(" ".join(line.split()) for line in lines).strip()
    if not cleaned.isprintable() and _unstorable(cleaned):
        raise BadText(field=field, why_zh="含有控制字符", why_en="it holds control characters")
    if len(cleaned) > length_max:
        raise BadText(field=field, why_zh=f"超过 {length_max} 字", why_en=f"longer than {length_max} characters")
    if required and not cleaned:
        raise BadText(field=field, why_zh="不能为空", why_en="it is empty")
    return cleaned


def clean_texts(texts: Texts, *, field: str, length_max: int, required: bool = True) -> dict[str, str]:
    """Texts by language tag in small letters, empty ones left out; `required` wants at least one. Raises BadText."""
    if not isinstance(texts, Mapping) or len(texts) > LANGUAGES_MAX:
        raise BadText(field=field, why_zh="须按语言给出", why_en="texts come by language")
    cleaned: dict[str, str] = {}
    for language, value in texts.items():
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language.lower()):
            raise BadText(field=field, why_zh="语言代码不对", why_en="the language tag is not one")
        if words := clean_text(value, field=field, length_max=length_max, required=False):
            cleaned[language.lower()] = words
    if required and not cleaned:
        raise BadText(field=field, why_zh="不能为空", why_en="it is empty")
    return dict(sorted(cleaned.items()))


def clean_slug(slug: str, *, field: str = "slug", length_max: int = 120) -> str:
    """Raises BadSlug."""
    if not isinstance(slug, str) or len(slug) > length_max or not _SLUG.fullmatch(slug):
        raise BadSlug(field=field, length_max=length_max)
    return slug


def slugify(words: str, length_max: int = 80) -> str:
    """Latin letters and digits of the words with hyphens between ("Šumsko Voće" is "sumsko-voce"); may be empty."""
    plain = unicodedata.normalize("NFKD", words.translate(_PLAIN)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:length_max].strip("-")


def fingerprint(words: str, length: int = 6) -> str:
    """A short, stable suffix that keeps two slugs apart."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:length]


def brand_key(name: str) -> str:
    """Names with the same key are the same brand: case, width and blanks do not tell brands apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def check_gtin(gtin: str, *, field: str = "gtin") -> str:
    """The digits without blanks and hyphens, in the length given. Raises BadGtin, BadCheckDigit."""
    if not isinstance(gtin, str):
        raise BadGtin(field=field, length=0)
    digits = gtin if gtin.isdigit() else str(ean.compact(gtin))
    # Other scripts' digits would pass int() and must not be stored.
    if len(digits) not in {8, 12, 13, 14} or not (digits.isascii() and digits.isdigit()):
        raise BadGtin(field=field, length=len(digits))
    expected = ean.calc_check_digit(digits[:-1])
    if digits[-1] != expected:
        raise BadCheckDigit(field=field, gtin=digits, expected=expected)
    return digits


@cache
def _country_words() -> dict[str, str]:
    """Alpha-2 and alpha-3 codes and names in Chinese and English, folded, to alpha-2. Names from Unicode CLDR."""
    english, chinese = Locale.parse("en").territories, Locale.parse("zh_Hans").territories
    not_countries = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    codes = [code for code in map(str, english) if len(code) == 2 and code.isalpha() and code not in not_countries]
    words = {names[code].casefold(): code for names in (english, chinese) for code in codes if code in names}
    for alias, targets in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(targets) == 1 and targets[0] in codes:
            words.setdefault(alias.casefold(), targets[0])
    return {**words, **{code.casefold(): code for code in codes}, "uk": "GB", "香港": "HK", "澳门": "MO", "台湾": "TW"}


def country(value: str, *, field: str, required: bool = False) -> str:
    """ISO 3166-1 alpha-2 from a code or a name in Chinese or English; empty stays empty. Raises UnknownCountry."""
    words = " ".join(value.split()) if isinstance(value, str) else ""
    if not words and not required:
        return ""
    found = _country_words().get(words.casefold())
    if found is None:
        raise UnknownCountry(field=field, value=words[:40])
    return found


def clean_sku(draft: SkuDraft) -> SkuDraft:
    """Raises BadCode, BadGtin, BadCheckDigit, UnknownCountry, BadWeight, TooManyAxes, BadSlug, BadText."""
    if not isinstance(draft.code, str) or not _CODE.fullmatch(draft.code):
        raise BadCode(field="code")
    if len(draft.axes) > AXES_MAX:
        raise TooManyAxes(field="axes", axes_max=AXES_MAX)
    check_weights(draft.net_weight_g, draft.gross_weight_g)
    axes = {
        clean_slug(axis, field="axes", length_max=40): clean_texts(values, field=f"axes.{axis}", length_max=60)
        for axis, values in sorted(draft.axes.items())
    }
    gtin = check_gtin(draft.gtin) if draft.gtin else None
    return replace(draft, gtin=gtin, axes=axes, origin=country(draft.origin, field="origin"))


def check_weights(net_g: int, gross_g: int) -> None:
    """Raises BadWeight: negative, absurd, or gross below net (0 means unknown)."""
    if not 0 <= net_g <= WEIGHT_MAX_G or not 0 <= gross_g <= WEIGHT_MAX_G:
        raise BadWeight(field="net_weight" if not 0 <= net_g <= WEIGHT_MAX_G else "gross_weight")
    if gross_g and gross_g < net_g:
        raise BadWeight(field="gross_weight")


def clean_attribute(attribute: Attribute, value: Texts | str) -> dict[str, str] | str:
    """A value as it is stored: texts, a plain decimal, or a choice's code. Raises BadAttribute, BadText."""
    where = f"attributes.{attribute.code}"
    refused = BadAttribute(field=where, attribute=attribute.code)
    if attribute.kind is AttributeKind.TEXT:
        if isinstance(value, str):
            raise refused
        return clean_texts(value, field=where, length_max=TITLE_LENGTH_MAX)
    if not isinstance(value, str):
        raise refused
    if attribute.kind is AttributeKind.CHOICE:
        if value not in attribute.choices:
            raise refused
        return value
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        raise refused from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or not -6 <= exponent <= 12 or abs(number) >= 10**12:
        raise refused
    return f"{number.normalize():f}"


def attribute_value(attribute: Attribute, stored: Mapping[str, str] | str) -> dict[str, str]:
    """The value as texts for a page: numbers with their unit, choices by their texts."""
    if not isinstance(stored, str):
        return dict(stored)
    if attribute.kind is AttributeKind.CHOICE:
        return dict(attribute.choices.get(stored, {"en": stored}))
    words = f"{stored} {attribute.unit}".strip()
    return {"zh-hans": words, "en": words}


def sku_titles(*, brand: Texts, product: Texts, axes: Mapping[str, Texts]) -> dict[str, str]:
    """Brand, product and variant in each of the product's languages; a brand the title names already is not doubled."""
    titles = {}
    for language, title in product.items():
        name = text(brand, language)
        parts = [title] if not name or name.casefold() in title.casefold() else [name, title]
        parts += [text(value, language) for _, value in sorted(axes.items())]
        titles[language] = " ".join(part for part in parts if part)
    return titles


def clean_classification(draft: ClassificationDraft) -> ClassificationDraft:
    """Raises UnknownCountry, BadHsCode, BadUnit, BadQuantity, BadPeriod, BadText."""
    jurisdiction = country(draft.jurisdiction, field="jurisdiction", required=True)
    digits = {10} if jurisdiction == "CN" else {6, 8, 10}
    code = draft.hs_code if isinstance(draft.hs_code, str) else ""
    if len(code) not in digits or not (code.isascii() and code.isdigit()):
        raise BadHsCode(field="hs_code")
    for field, unit in (("sales_unit", draft.sales_unit), ("unit1", draft.unit1), ("unit2", draft.unit2 or "000")):
        if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
            raise BadUnit(field=field)
    if (draft.unit2 is None) != (draft.quantity2 is None):
        raise BadUnit(field="unit2")
    check_quantity(draft.quantity1, field="quantity1")
    if draft.quantity2 is not None:
        check_quantity(draft.quantity2, field="quantity2")
    if draft.valid_to is not None and draft.valid_to <= draft.valid_from:
        raise BadPeriod(field="valid_to")
    return replace(
        draft,
        jurisdiction=jurisdiction,
        declared_name=clean_text(draft.declared_name, field="declared_name", length_max=250),
        model=clean_text(draft.model, field="model", length_max=510),
    )


def check_quantity(value: Decimal, *, field: str) -> None:
    """Raises BadQuantity: not above zero, not finite, more than five decimals (CEB's 19,5) or absurd."""
    if not value.is_finite() or not 0 < value < 10**13 or value != value.quantize(Decimal("0.00001")):
        raise BadQuantity(field=field)


def problem(refusal: Refusal) -> Problem:
    """A refusal as data."""
    return Problem(refusal.code, refusal.field or "", refusal.message("zh-hans"), refusal.message("en"))


_REASONS = {
    "not_active": ("active", "商品已停用", "It is switched off"),
    "brand_not_authorised": ("brand", "品牌授权已到期，不能销售", "The authorisation of its brand has ended"),
    "not_classified": ("hs_code", "没有有效的海关归类，不能申报", "It has no customs classification in force"),
    "origin_unknown": ("origin", "原产国未知，不能计税和申报", "Its country of origin is unknown"),
    "weight_unknown": ("net_weight", "净重或毛重未知，不能申报", "Its net or gross weight is unknown"),
}


def reasons_not_to_sell(
    *, active: bool, classified: bool, origin: str, weights_g: Iterable[int], authorised: bool = True
) -> list[Problem]:
    """Why a SKU cannot be sold across the border; empty when it can."""
    found = {
        "not_active": not active,
        "brand_not_authorised": not authorised,
        "not_classified": not classified,
        "origin_unknown": not origin,
        "weight_unknown": not all(weights_g),
    }
    return [Problem(code, *_REASONS[code]) for code, so in found.items() if so]
