"""What the staged rows of one product would do to the catalogue as it is. Pure: the catalogue is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from entrepot.catalogue import rules
from entrepot.catalogue.importing.parsing import Parsed
from entrepot.catalogue.types import (
    Attribute,
    AttributeKind,
    BrandDraft,
    Problem,
    ProductDraft,
    SkuDraft,
    Verdict,
)
from entrepot.kit.refusals import Invalid, Refusal

GENERAL = "general"  # the product type of goods that name none
_DECIDED = ("hs_code", "sales_unit", "unit1", "quantity1", "declared_name", "model")


class Missing(Invalid):
    code = "missing"
    zh = "新商品缺少{what_zh}"
    en = "A new product needs {what_en}"


class Disagrees(Invalid):
    code = "disagrees"
    zh = "与同一商品第 {line} 行的内容不一致"
    en = "It differs from line {line} of the same product"


class HeldBack(Invalid):
    code = "held_back"
    zh = "同一商品的第 {line} 行有误，整个商品都未导入"
    en = "Line {line} of the same product is bad, so nothing of the product is imported"


class NotInCatalogue(Invalid):
    code = "not_in_catalogue"
    zh = "系统中没有：{value}"
    en = "Not in the catalogue: {value}"


class Taken(Invalid):
    code = "taken"
    zh = "已属于“{holder}”"
    en = "It already belongs to {holder}"


class HalfClassified(Invalid):
    code = "half_classified"
    zh = "归类不完整，缺少：{names}"
    en = "The classification is not whole; missing: {names}"


class Brands:
    """Brands by any of their names. New ones get a slug of their own, the first comer the plain one."""

    def __init__(self, known: Iterable[BrandDraft]) -> None:
        self._by_slug: dict[str, BrandDraft] = {}
        self._slug_of: dict[str, str] = {}
        for brand in known:
            self._remember(brand)

    def _remember(self, brand: BrandDraft) -> BrandDraft:
        self._by_slug[brand.slug] = brand
        for name in brand.names.values():
            self._slug_of.setdefault(rules.brand_key(name), brand.slug)
        return brand

    def resolve(self, names: Mapping[str, str], country: str) -> BrandDraft:
        """The brand of these names, with what the row adds; names that are there already stay."""
        slug = next((found for name in names.values() if (found := self._slug_of.get(rules.brand_key(name)))), None)
        if slug is not None:
            brand = self._by_slug[slug]
            return self._remember(replace(brand, names={**names, **brand.names}, country=brand.country or country))
        first = next(iter(names.values()))
        slug = rules.slugify(first) or f"b-{rules.fingerprint(first, 10)}"
        if slug in self._by_slug:
            slug = f"{slug}-{rules.fingerprint(rules.brand_key(first))}"
        return self._remember(BrandDraft(slug, dict(names), country))


@dataclass(frozen=True, slots=True)
class Known:
    """The part of the catalogue that a chunk of rows touches."""

    products: Mapping[str, ProductDraft]  # by slug, with all their SKUs
    homes: Mapping[str, str]  # SKU code to product slug
    gtins: Mapping[str, str]  # GTIN-14 to SKU code
    brands: Brands
    sheets: Mapping[str, Mapping[str, Attribute]]  # by product type code
    categories: Mapping[str, str]  # folded slug or name to slug
    classifications: Mapping[str, Mapping[str, str]]  # by SKU code, what is in force today


@dataclass(slots=True)
class Row:
    line: int
    code: str
    parsed: Parsed
    problems: list[Problem]
    verdict: Verdict = Verdict.UNCHANGED
    diff: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write: nothing when a row is bad (`product` is None then)."""

    product: ProductDraft | None
    brand: BrandDraft | None
    classifications: Mapping[str, Mapping[str, str]]  # by SKU code


def derived_slug(parsed: Parsed, code: str) -> str:
    """The slug of a new product that names none: brand and title, made unique by the SKU's code."""
    words = [next(iter(parsed["product"].get(key, {}).values()), "") for key in ("brand_names", "titles")]
    if words[0].casefold() in words[1].casefold():
        words.pop(0)
    tail = code.casefold()
    if rules.slugify(tail, 40) != tail:
        tail = f"{rules.slugify(tail, 40)}-{rules.fingerprint(code)}".strip("-")
    return f"{rules.slugify(' '.join(words), 70)}-{tail}".strip("-")


def key_slug(key: str) -> str:
    """The slug a "product" column names: itself if it is one, else made from it."""
    slug = rules.slugify(key, 100)
    return slug if slug == key else f"{slug}-{rules.fingerprint(key)}".strip("-")


def _gather(rows: Sequence[Row]) -> dict[str, Any]:
    """What all rows say of the product; a row that contradicts an earlier one is a problem of that row."""
    said: dict[str, Any] = {}
    first: dict[str, tuple[int, Any]] = {}
    for row in rows:
        product = row.parsed["product"]
        for name, words in _parts(product):
            line, before = first.setdefault(name, (row.line, words))
            if before != words:
                row.problems.append(rules.problem(Disagrees(field=name, line=line)))
        for key, value in product.items():
            said[key] = {**value, **said.get(key, {})} if isinstance(value, dict) else said.get(key, value)
    return said


def _parts(product: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Everything a row says of a product, texts one by one: ("titles.en", "Juice")."""
    for key, value in product.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{part}", words) for part, words in value.items())
        else:
            yield key, value


def _attribute(attribute: Attribute, values: Mapping[str, str], before: Any) -> Any:
    """A value in the attribute's own kind; choices are found by code or by any of their texts. Raises BadAttribute."""
    if attribute.kind is AttributeKind.TEXT:
        return rules.clean_attribute(attribute, {**(before or {}), **values})
    words = next(iter(values.values()))
    if attribute.kind is AttributeKind.CHOICE:
        folded = words.casefold()
        for code, texts in attribute.choices.items():
            if folded in {code, *(text.casefold() for text in texts.values())}:
                return code
    return rules.clean_attribute(attribute, words.removesuffix(attribute.unit).strip())


def _merge_product(
    slug: str, said: Mapping[str, Any], before: ProductDraft | None, known: Known, problems: list[Problem]
) -> tuple[ProductDraft, BrandDraft | None]:
    """The product as it would be. What is wrong goes to `problems`."""
    brand = known.brands.resolve(said["brand_names"], said.get("brand_country", "")) if "brand_names" in said else None
    base = before or ProductDraft(slug, "", {}, GENERAL)
    product_type = str(said.get("product_type", base.product_type))
    if product_type not in known.sheets and product_type != GENERAL:
        problems.append(rules.problem(NotInCatalogue(field="type", value=product_type)))
    categories = list(base.categories) if "categories" not in said else []
    for words in said.get("categories", ()):
        if found := known.categories.get(words.casefold()):
            categories.append(found)
        else:
            problems.append(rules.problem(NotInCatalogue(field="category", value=words[:60])))
    sheet, attributes = known.sheets.get(product_type, {}), dict(base.attributes)
    for code, values in said.get("attributes", {}).items():
        try:
            if code not in sheet:
                raise NotInCatalogue(field=f"attr.{code}", value=code)
            attributes[code] = _attribute(sheet[code], values, base.attributes.get(code))
        except Refusal as refused:
            problems.append(rules.problem(refused))
    product = replace(
        base,
        brand=brand.slug if brand else base.brand,
        titles={**base.titles, **said.get("titles", {})},
        descriptions={**base.descriptions, **said.get("descriptions", {})},
        product_type=product_type,
        attributes=attributes,
        categories=tuple(dict.fromkeys(categories)),
    )
    if not product.titles:
        problems.append(rules.problem(Missing(field="title", what_zh="名称", what_en="a title")))
    if not product.brand:
        problems.append(rules.problem(Missing(field="brand", what_zh="品牌", what_en="a brand")))
    return product, brand


def _merge_sku(row: Row, slug: str, before: SkuDraft | None, known: Known) -> SkuDraft | None:
    """The SKU as it would be, or None when it cannot be."""
    said = dict(row.parsed["sku"])
    base = before or SkuDraft(row.code)
    axes = {axis: dict(values) for axis, values in base.axes.items()}
    for axis, values in said.pop("axes", {}).items():
        axes[axis] = {**axes.get(axis, {}), **values}
    said["code"] = row.code
    try:
        draft = rules.clean_sku(replace(base, axes=axes, **said))
    except Refusal as refused:
        row.problems.append(rules.problem(refused))
        return None
    home = known.homes.get(row.code, slug)
    if home != slug:
        row.problems.append(rules.problem(Taken(field="code", holder=home)))
    holder = known.gtins.get(draft.gtin.zfill(14), row.code) if draft.gtin else row.code
    if holder != row.code:
        row.problems.append(rules.problem(Taken(field="gtin", holder=holder)))
    return draft


def _merge_classification(row: Row, known: Known) -> dict[str, str] | None:
    """The decision as it would be, None when the row says nothing of it."""
    said = row.parsed["classification"]
    if not said:
        return None
    merged = {**known.classifications.get(row.code, {}), **said}
    missing = [name for name in _DECIDED if not merged.get(name)]
    if bool(merged.get("unit2")) != bool(merged.get("quantity2")):
        missing.append("unit2" if merged.get("quantity2") else "quantity2")
    if missing:
        row.problems.append(rules.problem(HalfClassified(field=missing[0], names=", ".join(missing))))
    return merged


def flat(prefix: str, value: Any) -> dict[str, str]:
    """A value part by part, as words: {"titles.en": "Juice"}."""
    if isinstance(value, Mapping):
        return {name: words for part, inner in value.items() for name, words in flat(f"{prefix}.{part}", inner).items()}
    if isinstance(value, tuple | list):
        return {prefix: ", ".join(value)}
    return {prefix: "" if value is None else str(value)}


def _difference(before: object, after: object, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """{field: (before, after)} over the named attributes of two drafts."""
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    old = {key: words for name in changed for key, words in flat(name, getattr(before, name)).items()}
    new = {key: words for name in changed for key, words in flat(name, getattr(after, name)).items()}
    keys = sorted(set(old) | set(new))
    return {key: (old.get(key, ""), new.get(key, "")) for key in keys if old.get(key, "") != new.get(key, "")}


_PRODUCT_FIELDS = ("brand", "titles", "descriptions", "product_type", "attributes", "categories", "active")
_SKU_FIELDS = ("gtin", "axes", "origin", "net_weight_g", "gross_weight_g", "active")


def _refuse_same_variants(rows: Sequence[Row], drafts: Mapping[str, SkuDraft]) -> None:
    seen: dict[str, str] = {}
    by_code = {row.code: row for row in rows}
    active = {code: draft for code, draft in drafts.items() if draft.active}
    for code, draft in sorted(active.items(), key=lambda item: item[0] in by_code):  # those that stay come first
        first = seen.setdefault(repr(sorted((axis, sorted(texts.items())) for axis, texts in draft.axes.items())), code)
        if first != code and code in by_code:
            by_code[code].problems.append(rules.problem(Taken(field="axes", holder=first)))


def judge(slug: str, rows: Sequence[Row], known: Known, *, differences: bool) -> Outcome:
    """Give every row its problems, and with `differences` its verdict and diff; say what to write for the product."""
    before = known.products.get(slug)
    skus_before = {sku.code: sku for sku in before.skus} if before else {}
    said = _gather(rows)
    product, brand = _merge_product(slug, said, before, known, rows[0].problems)
    drafts = {row.code: _merge_sku(row, slug, skus_before.get(row.code), known) for row in rows if row.code}
    whole = {code: draft for code, draft in drafts.items() if draft}
    _refuse_same_variants(rows, {**skus_before, **whole})
    decisions = {row.code: decision for row in rows if (decision := _merge_classification(row, known))}
    bad = next((row.line for row in rows if row.problems), None)
    if bad is not None:
        for row in rows:
            row.verdict, row.diff = Verdict.BAD, {}
            if not row.problems:
                row.problems.append(rules.problem(HeldBack(field="product", line=bad)))
        return Outcome(None, None, {})
    for row in rows if differences else ():
        sku_before = skus_before.get(row.code)
        if row is rows[0] and before:
            row.diff |= _difference(before, product, _PRODUCT_FIELDS)
        if sku_before is None:
            row.verdict = Verdict.NEW
            continue
        row.diff |= _difference(sku_before, whole[row.code], _SKU_FIELDS)
        in_force = known.classifications.get(row.code, {})
        for name, words in decisions.get(row.code, {}).items():
            if in_force.get(name, "") != words:
                row.diff[name] = (in_force.get(name, ""), words)
        row.verdict = Verdict.CHANGED if row.diff else Verdict.UNCHANGED
    return Outcome(replace(product, skus=tuple(whole[row.code] for row in rows)), brand, decisions)
