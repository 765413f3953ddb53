"""What a column can mean, and which one a heading probably means.

A mapping is {field: column number}. Fields with texts take a language after a dot ("title.en"); without one they are in
the run's own language. Variant axes are "axis.<code>", data sheet lines "attr.<code>".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from entrepot.kit.refusals import Invalid


class MissingColumns(Invalid):
    code = "missing_columns"
    zh = "没有任何一列对应货号或条码；文件的列是：{headings}"
    en = "No column is mapped to the SKU code or the barcode; the file has: {headings}"


class UnknownField(Invalid):
    code = "unknown_field"
    zh = "没有这个字段：{name}"
    en = "There is no field {name}"


class UnknownColumn(Invalid):
    code = "unknown_column"
    zh = "文件没有这一列：{name}"
    en = "The file has no column {name}"


class FieldTwice(Invalid):
    code = "field_twice"
    zh = "“{first}”和“{second}”两列对应了同一个字段"
    en = "Columns {first} and {second} are mapped to the same field"


class ColumnTwice(Invalid):
    code = "column_twice"
    zh = "列“{name}”被对应到两个字段"
    en = "Column {name} is mapped to two fields"


@dataclass(frozen=True, slots=True)
class Field:
    """`words` are headings that mean it, folded. `texts`: the field takes a language."""

    name: str
    zh: str
    en: str
    words: tuple[str, ...]
    texts: bool = False

    def label(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en


def _field(name: str, zh: str, en: str, words: str, texts: bool = False) -> Field:
    own = (zh.casefold(), en.casefold(), name.replace("_", " "))
    return Field(name, zh, en, tuple(dict.fromkeys((*own, *words.split("|")))), texts)


FIELDS = {
    field.name: field
    for field in (
        _field(
            "code", "货号", "SKU code", "sku|商品编码|sku编码|item no|item number|article|article number|编码|商品货号"
        ),
        _field("gtin", "条码", "Barcode", "gtin|ean|upc|ean13|ean code|条形码|商品条码|国际条码|69码|jan"),
        _field("product", "款号", "Product key", "spu|product|product id|product code|style|parent|商品款号|slug"),
        _field("brand", "品牌", "Brand", "brand name|品牌名称|marka|marke|manufacturer", texts=True),
        _field("brand_country", "品牌国家", "Brand country", "品牌所属国|品牌国"),
        _field(
            "title", "名称", "Title", "name|product name|商品名称|品名|标题|naziv|product title|item name", texts=True
        ),
        _field("description", "描述", "Description", "商品描述|详情|商品详情|details|long description", texts=True),
        _field("type", "商品类型", "Product type", "类型|type"),
        _field("category", "分类", "Category", "类目|商品分类|categories|品类"),
        _field("origin", "原产国", "Country of origin", "产地|原产地|原产国(地区)|made in|origin country|coo"),
        _field(
            "net_weight_g", "净重(克)", "Net weight (g)", "净重|net weight|weight|重量|净重g|weight g|重量(g)|净重(g)"
        ),
        _field("net_weight_kg", "净重(千克)", "Net weight (kg)", "净重kg|净重(kg)|净重(公斤)|weight kg|weight (kg)"),
        _field("gross_weight_g", "毛重(克)", "Gross weight (g)", "毛重|gross weight|毛重g|毛重(g)"),
        _field("gross_weight_kg", "毛重(千克)", "Gross weight (kg)", "毛重kg|毛重(kg)|毛重(公斤)"),
        _field("content_quantity", "净含量", "Net content", "quantity|净含量数量|content|količina|kolicina|含量"),
        _field("content_unit", "净含量单位", "Net content unit", "unit|content unit|jedinica|含量单位|单位"),
        _field("active", "启用", "Active", "上架|enabled|状态|is active"),
        _field("axis.colour", "颜色", "Colour", "color|farbe|颜色分类", texts=True),
        _field("axis.size", "尺码", "Size", "尺寸|规格|码数", texts=True),
        _field("axis.capacity", "容量", "Capacity", "存储容量|volume", texts=True),
        _field("axis.flavour", "口味", "Flavour", "flavor|香味|味道", texts=True),
        _field("axis.style", "款式", "Variant", "型号款式|版本|version", texts=True),
        _field("hs_code", "海关商品编号", "HS code", "hs|hs编码|海关编码|税号|商品编号|hscode|tariff code"),
        _field("declared_name", "申报品名", "Declared name", "申报名称|报关品名|gname"),
        _field("model", "规格型号", "Model and specification", "申报要素|gmodel|申报规格型号"),
        _field("sales_unit", "申报计量单位", "Declared unit", "计量单位|成交单位|申报单位"),
        _field("unit1", "法定第一单位", "First legal unit", "第一法定单位|法定单位|法定计量单位"),
        _field("quantity1", "法定第一数量", "First legal quantity", "第一法定数量|法定数量"),
        _field("unit2", "法定第二单位", "Second legal unit", "第二法定单位"),
        _field("quantity2", "法定第二数量", "Second legal quantity", "第二法定数量"),
    )
}

_LANGUAGE_WORDS = {
    "中文": "zh-hans", "简体": "zh-hans", "简体中文": "zh-hans", "chinese": "zh-hans", "zh": "zh-hans", "cn": "zh-hans",
    "zh-hans": "zh-hans", "zh-cn": "zh-hans", "zh hans": "zh-hans", "zh cn": "zh-hans", "英文": "en", "英语": "en",
    "english": "en", "en": "en",
    **{tag: tag for tag in ("hr", "de", "fr", "it", "es", "pt", "nl", "pl", "ja", "ko", "th", "vi", "ru", "sv", "da")},
}  # fmt: skip
_KEY = re.compile(r"(axis|attr)\.([a-z0-9]+(?:-[a-z0-9]+)*)")
_BY_WORD = {word: field.name for field in reversed(FIELDS.values()) for word in field.words}


def split(name: str) -> tuple[str, str]:
    """A field's name and language: "title.en" is ("title", "en"), "axis.size" is ("axis.size", "")."""
    base, _, last = name.rpartition(".")
    if base and (base in FIELDS or _KEY.fullmatch(base)):
        return base, last
    return name, ""


def check_field(name: str) -> str:
    """The name if it is one. Raises UnknownField."""
    base, language = split(name)
    known = FIELDS.get(base)
    takes_language = known.texts if known else bool(_KEY.fullmatch(base))
    if (known is None and not takes_language) or (language and not takes_language):
        raise UnknownField(field="mapping", name=name[:60])
    if language and not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", language):
        raise UnknownField(field="mapping", name=name[:60])
    return name


def _plain(heading: str) -> str:
    words = heading.casefold().replace("（", "(").replace("）", ")")
    return " ".join(re.sub(r"[_*·]", " ", words).split())


def _field_of(words: str, attributes: Mapping[str, str]) -> str | None:
    if _KEY.fullmatch(words):
        return words
    return _BY_WORD.get(words) or attributes.get(words)


def guess_field(heading: str, attributes: Mapping[str, str]) -> str | None:
    """The field a heading means, with its language if it names one. `attributes`: folded label to "attr.<code>"."""
    words = _plain(heading)
    if found := _field_of(words, attributes):
        return found
    for word, language in sorted(_LANGUAGE_WORDS.items(), key=lambda pair: -len(pair[0])):
        mark, edge = re.escape(word), r"[\s\-./:]+" if word.isascii() else r"[\s\-./:]*"
        rest = re.sub(rf"\s*\(\s*{mark}\s*\)|{edge}{mark}$|^{mark}{edge}", "", words).strip()
        if rest == words:
            continue
        base = _field_of(rest, attributes)
        if base and (base not in FIELDS or FIELDS[base].texts):
            return f"{base}.{language}"
    return None


def guess(headings: Sequence[str], attributes: Mapping[str, str] | None = None) -> dict[str, int]:
    """The likely mapping of a file. Of two columns that mean the same the first one counts."""
    mapping: dict[str, int] = {}
    for column, heading in enumerate(headings):
        found = guess_field(heading, attributes or {})
        if found:
            mapping.setdefault(found, column)
    return mapping


def by_headings(wanted: Mapping[str, str], headings: Sequence[str]) -> dict[str, int]:
    """A mapping {field: heading} as {field: column number}. Raises UnknownColumn."""
    numbers = {_plain(heading): column for column, heading in enumerate(headings) if heading}
    for name, heading in wanted.items():
        if _plain(heading) not in numbers:
            raise UnknownColumn(field=name, name=heading[:60])
    return {name: numbers[_plain(heading)] for name, heading in wanted.items()}


def by_columns(columns: Sequence[str], headings: Sequence[str]) -> dict[str, int]:
    """A mapping from one field name a column, empty for columns that are not used. Raises FieldTwice."""
    mapping: dict[str, int] = {}
    for column, name in enumerate(columns):
        if name and mapping.setdefault(name, column) != column:
            first, second = (headings[n][:60] if n < len(headings) else str(n) for n in (mapping[name], column))
            raise FieldTwice(field=name, first=first, second=second)
    return mapping


def check_mapping(mapping: Mapping[str, int], headings: Sequence[str]) -> dict[str, int]:
    """The mapping if it can be used. Raises UnknownField, UnknownColumn, ColumnTwice, MissingColumns."""
    taken: set[int] = set()
    for name, column in mapping.items():
        check_field(name)
        if type(column) is not int or not 0 <= column < len(headings):
            raise UnknownColumn(field=name, name=str(column)[:60])
        if column in taken:
            raise ColumnTwice(field=name, name=headings[column][:60])
        taken.add(column)
    if not {"code", "gtin"} & set(mapping):
        raise MissingColumns(field="mapping", headings=", ".join(heading or "—" for heading in headings)[:300])
    return dict(mapping)


_SAME = {"key": "product", "titles": "title", "descriptions": "description", "brand_names": "brand",
         "product_type": "type", "categories": "category", "net_weight": "net_weight_g",
         "gross_weight": "gross_weight_g"}  # fmt: skip
_TONGUES = {"zh-hans": ("中文", "Chinese"), "en": ("英文", "English")}


def label(name: str, language: str) -> str:
    """A field, or what a difference or a problem calls it, for a page: "titles.en" is "Title · English"."""
    zh = language.startswith("zh")
    parts = name.replace("axes.", "axis.").replace("attributes.", "attr.").split(".")
    base = ".".join(parts[:2]) if parts[0] in {"axis", "attr"} else parts[0]
    known = FIELDS.get(_SAME.get(base, base))
    words = known.label(language) if known else base.removeprefix("axis.").removeprefix("attr.")
    tag = name.rpartition(".")[2] if len(parts) > base.count(".") + 1 else ""
    return f"{words} · {_TONGUES.get(tag, (tag, tag))[0 if zh else 1]}" if tag else words


def choices(attributes: Iterable[str], language: str) -> list[tuple[str, str]]:
    """What a column can be mapped to: (field, label) for a page. `attributes` are codes of data sheet lines."""
    found: list[tuple[str, str]] = []
    for field in FIELDS.values():
        names = [field.name, *(f"{field.name}.{tag}" for tag in _TONGUES if field.texts)]
        found += [(name, label(name, language)) for name in names]
    return found + [(f"attr.{code}", code) for code in sorted(set(attributes))]


_TEMPLATE = (
    "code", "gtin", "product", "title.zh-hans", "title.en", "brand", "brand_country", "category", "type", "axis.colour",
    "axis.size", "origin", "net_weight_g", "gross_weight_g", "hs_code", "declared_name", "model", "sales_unit", "unit1",
    "quantity1", "unit2", "quantity2",
)  # fmt: skip


def template(language: str) -> list[str]:
    """Headings of a file to begin with; each is understood as what it says."""
    return [label(name, language) for name in _TEMPLATE]
