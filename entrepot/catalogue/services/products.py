"""Products and their SKUs: put by slug and code, in bulk, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import LPad

from entrepot.catalogue import rules
from entrepot.catalogue.models import AttributeDefinition, Brand, Category, Product, ProductType, Sku
from entrepot.catalogue.services.changes import products_changed
from entrepot.catalogue.services.reference import DRAFTS_MAX, TooManyDrafts, UnknownCategory, refuse_repeats
from entrepot.catalogue.types import Attribute, AttributeKind, ProductDraft, SkuDraft
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid, NotFound, Refusal
from entrepot.kit.sql import load, rows

CATEGORIES_MAX = 10


class UnknownBrand(Invalid):
    code = "unknown_brand"
    zh = "没有这个品牌：{name}"
    en = "There is no brand {name}"


class UnknownProductType(Invalid):
    code = "unknown_product_type"
    zh = "没有这个商品类型：{name}"
    en = "There is no product type {name}"


class UnknownAttribute(Invalid):
    code = "unknown_attribute"
    zh = "商品类型“{product_type}”没有属性“{attribute}”"
    en = "Product type {product_type} has no attribute {attribute}"


class SameVariant(Invalid):
    code = "same_variant"
    zh = "“{first}”和“{second}”的规格完全相同"
    en = "{first} and {second} are the same variant"


class SkuElsewhere(Refusal):
    code = "sku_elsewhere"
    zh = "货号 {sku} 属于另一个商品“{slug}”"
    en = "SKU {sku} belongs to another product, {slug}"


class GtinTaken(Refusal):
    code = "gtin_taken"
    zh = "条码 {gtin} 已被货号 {sku} 使用"
    en = "Barcode {gtin} already belongs to SKU {sku}"


def _wanted(model: Any, key: str, names: Iterable[str]) -> dict[str, UUID]:
    return dict(model.objects.filter(**{f"{key}__in": set(names)}).values_list(key, "id"))


def _sheets(type_ids: Iterable[UUID]) -> dict[UUID, dict[str, Attribute]]:
    sheets: dict[UUID, dict[str, Attribute]] = {}
    for row in AttributeDefinition.objects.filter(product_type_id__in=set(type_ids)):
        attribute = Attribute(row.code, row.labels, AttributeKind(row.kind), row.unit, row.choices)
        sheets.setdefault(row.product_type_id, {})[row.code] = attribute
    return sheets


def _clean_product(draft: ProductDraft, ids: Mapping[str, Mapping[str, UUID]], sheet: Mapping[str, Attribute]) -> Any:
    """The row of one product. Raises UnknownBrand, UnknownCategory, UnknownAttribute and what its texts refuse."""
    if draft.brand not in ids["brand"]:
        raise UnknownBrand(field="brand", name=draft.brand)
    if len(draft.categories) > CATEGORIES_MAX:
        raise TooManyDrafts(field="categories", drafts_max=CATEGORIES_MAX)
    for category in draft.categories:
        if category not in ids["category"]:
            raise UnknownCategory(field="categories", name=category)
    for code in draft.attributes:
        if code not in sheet:
            raise UnknownAttribute(field=f"attributes.{code}", product_type=draft.product_type, attribute=code)
    return {
        "id": new_id(),
        "slug": rules.clean_slug(draft.slug),
        "brand_id": ids["brand"][draft.brand],
        "product_type_id": ids["type"][draft.product_type],
        "titles": rules.clean_texts(draft.titles, field="titles", length_max=rules.TITLE_LENGTH_MAX),
        "descriptions": rules.clean_texts(
            draft.descriptions, field="descriptions", length_max=rules.DESCRIPTION_LENGTH_MAX, required=False
        ),
        "attributes": {code: rules.clean_attribute(sheet[code], value) for code, value in draft.attributes.items()},
        "category_ids": list(dict.fromkeys(ids["category"][category] for category in draft.categories)),
        "active": draft.active,
    }


def _product_rows(drafts: Sequence[ProductDraft]) -> list[Any]:
    ids = {
        "brand": _wanted(Brand, "slug", (draft.brand for draft in drafts)),
        "type": _wanted(ProductType, "code", (draft.product_type for draft in drafts)),
        "category": _wanted(Category, "slug", (slug for draft in drafts for slug in draft.categories)),
    }
    for draft in drafts:
        if draft.product_type not in ids["type"]:
            raise UnknownProductType(field="product_type", name=draft.product_type)
    with_sheet = [ids["type"][draft.product_type] for draft in drafts if draft.attributes]
    sheets = _sheets(with_sheet) if with_sheet else {}
    return [_clean_product(draft, ids, sheets.get(ids["type"][draft.product_type], {})) for draft in drafts]


def _clean_skus(skus: Mapping[UUID, Sequence[SkuDraft]]) -> dict[UUID, list[SkuDraft]]:
    """Raises what `rules.clean_sku` does, SameVariant, NamedTwice, TooManyDrafts."""
    cleaned = {product_id: [rules.clean_sku(draft) for draft in drafts] for product_id, drafts in skus.items()}
    everything = [draft for drafts in cleaned.values() for draft in drafts]
    refuse_repeats([draft.code for draft in everything], field="code")
    refuse_repeats([draft.gtin.zfill(14) for draft in everything if draft.gtin], field="gtin")
    for drafts in cleaned.values():
        seen: dict[str, str] = {}
        for draft in (draft for draft in drafts if draft.active):
            first = seen.setdefault(repr(draft.axes), draft.code)
            if first != draft.code:
                raise SameVariant(field="axes", first=first, second=draft.code)
    return cleaned


def _write_skus(cleaned: Mapping[UUID, Sequence[SkuDraft]], now: datetime) -> set[UUID]:
    """Write cleaned SKUs, give back the products that changed. Raises SkuElsewhere, GtinTaken."""
    found = [
        {
            "id": new_id(),
            "product_id": product_id,
            "code": draft.code,
            "gtin": draft.gtin,
            "axes": draft.axes,
            "origin": draft.origin,
            "net_weight_g": draft.net_weight_g,
            "gross_weight_g": draft.gross_weight_g,
            "active": draft.active,
        }
        for product_id, drafts in cleaned.items()
        for draft in drafts
    ]
    if not found:
        return set()
    wanted = {row["code"]: row["product_id"] for row in found}
    try:
        with transaction.atomic():
            changed = rows(load("catalogue", "put_skus"), {"rows": msgspec.json.encode(found).decode(), "now": now})
    except IntegrityError as clash:
        if "sku_gtin_once" in str(clash):
            raise _gtin_taken({str(row["gtin"]): str(row["code"]) for row in found if row["gtin"]}) from clash
        if "sku_variant_once" in str(clash):
            raise _same_variant(cleaned) from clash
        raise
    stored = Sku.objects.filter(code__in=wanted).values_list("code", "product_id", "product__slug")
    for code, product_id, slug in stored:  # the statement leaves foreign SKUs alone; here it is said
        if wanted[code] != product_id:
            raise SkuElsewhere(field="code", sku=code, slug=slug)
    return {row["product_id"] for row in changed}


def _same_variant(skus: Mapping[UUID, Sequence[SkuDraft]]) -> SameVariant:
    """Which SKU is that variant already, asked only after the database has said no."""
    there = Sku.objects.filter(product_id__in=list(skus), active=True).values_list("product_id", "code", "axes")
    for product_id, code, axes in there:
        for draft in skus[product_id]:
            if draft.active and draft.axes == axes and draft.code != code:
                return SameVariant(field="axes", first=code, second=draft.code)
    return SameVariant(field="axes", first="…", second="…")


def _gtin_taken(codes: Mapping[str, str]) -> GtinTaken:
    """Whose barcode it is, asked only after the database has said no."""
    padded = {gtin.zfill(14): code for gtin, code in codes.items()}
    holders = Sku.objects.annotate(number=LPad("gtin", 14, Value("0"))).filter(number__in=padded)
    for gtin, number, code in holders.values_list("gtin", "number", "code"):
        if padded[number] != code:
            return GtinTaken(field="gtin", gtin=gtin, sku=code)
    return GtinTaken(field="gtin", gtin="…", sku="…")


@transaction.atomic
def put_products(*, drafts: Sequence[ProductDraft], now: datetime) -> dict[str, UUID]:
    """Insert or change products by slug, with the SKUs they name by code; ids by slug. All or nothing.

    SKUs that a draft does not name stay as they are. Emits `catalogue.products_changed` for what really changed.
    Raises BadSlug, BadText, UnknownBrand, UnknownProductType, UnknownCategory, UnknownAttribute, BadAttribute,
    SkuElsewhere, GtinTaken, SameVariant, NamedTwice, TooManyDrafts and what `rules.clean_sku` does.
    """
    refuse_repeats([draft.slug for draft in drafts], field="slug")
    found = _product_rows(drafts)
    params = {"rows": msgspec.json.encode(found).decode(), "now": now}
    changed = {row["id"] for row in rows(load("catalogue", "put_products"), params)}
    ids = _wanted(Product, "slug", (draft.slug for draft in drafts))
    skus = _clean_skus({ids[draft.slug]: draft.skus for draft in drafts if draft.skus})
    changed |= _write_skus(skus, now)
    products_changed(changed)
    return ids


def put_product(*, draft: ProductDraft, now: datetime) -> UUID:
    return put_products(drafts=[draft], now=now)[draft.slug]


@transaction.atomic
def put_skus(*, skus: Mapping[UUID, Sequence[SkuDraft]], now: datetime) -> dict[str, UUID]:
    """Insert or change SKUs by code in existing products (by id); ids by code. All or nothing.

    Raises NotFound (a product), SkuElsewhere, GtinTaken, SameVariant, NamedTwice and what `rules.clean_sku` does.
    """
    known = set(Product.objects.filter(id__in=list(skus)).values_list("id", flat=True))
    for product_id in skus:
        if product_id not in known:
            raise NotFound(field="product_id", what=str(product_id))
    cleaned = _clean_skus(skus)
    products_changed(_write_skus(cleaned, now))
    return _wanted(Sku, "code", (draft.code for drafts in cleaned.values() for draft in drafts))


def put_sku(*, product_id: UUID, draft: SkuDraft, now: datetime) -> UUID:
    return put_skus(skus={product_id: [draft]}, now=now)[draft.code]


@transaction.atomic
def switch(*, product_ids: Sequence[UUID], active: bool, now: datetime) -> int:
    """Switch products on or off; says how many changed. Orders that name them stay as they are."""
    if len(product_ids) > DRAFTS_MAX:
        raise TooManyDrafts(drafts_max=DRAFTS_MAX)
    chosen = Product.objects.filter(id__in=list(product_ids)).exclude(active=active)
    ids = list(chosen.select_for_update().order_by("id").values_list("id", flat=True))
    Product.objects.filter(id__in=ids).update(active=active, changed_at=now)
    products_changed(ids)
    return len(ids)
