"""Articles by id, code and slug. One or two statements a question, however many ids."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from entrepot.catalogue import rules
from entrepot.catalogue.models import AttributeDefinition
from entrepot.catalogue.models import Brand as BrandRow
from entrepot.catalogue.models import Category as CategoryRow
from entrepot.catalogue.models import Classification as ClassificationRow
from entrepot.catalogue.models import Product as ProductRow
from entrepot.catalogue.models import ProductType as ProductTypeRow
from entrepot.catalogue.types import (
    WIDTHS,
    Attribute,
    AttributeKind,
    Brand,
    Category,
    Classification,
    Problem,
    Product,
    ProductType,
    Sku,
)
from entrepot.kit.sql import hot, hot_rows, load, rows

_decode = msgspec.json.decode
_MEDIA_PATH = re.compile(rf"[0-9a-f]{{2}}/[0-9a-f]{{64}}-({'|'.join(map(str, WIDTHS))})\.webp")


def _sku(row: Mapping[str, Any]) -> Sku:
    axes = _decode(row["axes"])
    return Sku(
        id=row["id"],
        product_id=row["product_id"],
        product_slug=row["product_slug"],
        code=row["code"],
        gtin=row["gtin"],
        titles=rules.sku_titles(brand=_decode(row["brand_names"]), product=_decode(row["titles"]), axes=axes),
        axes=axes,
        brand_id=row["brand_id"],
        origin=row["origin"],
        net_weight_g=row["net_weight_g"],
        gross_weight_g=row["gross_weight_g"],
        image=row["image"],
        product_type=row["product_type"],
        active=row["active"],
        sell_until=row["sell_until"],
    )


def _skus(condition: str, params: Mapping[str, Any]) -> list[Sku]:
    return [_sku(row) for row in hot_rows(f"{load('catalogue', 'skus')} WHERE {condition}", params)]


def skus(*, ids: Iterable[UUID]) -> dict[UUID, Sku]:
    """SKUs by id; unknown ids are left out. One statement."""
    wanted = list(ids)
    return {sku.id: sku for sku in _skus("s.id = ANY(%(ids)s)", {"ids": wanted})} if wanted else {}


def sku_by_code(*, codes: Iterable[str]) -> dict[str, Sku]:
    """SKUs by code; unknown codes are left out. One statement."""
    wanted = list(codes)
    return {sku.code: sku for sku in _skus("s.code = ANY(%(codes)s)", {"codes": wanted})} if wanted else {}


def sku_by_gtin(*, gtins: Iterable[str]) -> dict[str, Sku]:
    """SKUs by barcode, written with 14 digits: a shorter one has zeros before it. Unknown ones are left out."""
    wanted = [gtin.zfill(14) for gtin in gtins]
    found = _skus("lpad(s.gtin, 14, '0') = ANY(%(gtins)s)", {"gtins": wanted}) if wanted else []
    return {str(sku.gtin).zfill(14): sku for sku in found}


def _attribute(raw: Mapping[str, Any]) -> Attribute:
    return Attribute(raw["code"], raw["labels"], AttributeKind(raw["kind"]), raw["unit"], raw["choices"])


def _product(row: Mapping[str, Any], variants: Sequence[Sku]) -> Product:
    values = _decode(row["attributes"])
    sheet = [_attribute(raw) for raw in _decode(row["sheet"])] if row["sheet"] else []
    return Product(
        id=row["id"],
        slug=row["slug"],
        brand=Brand(row["brand_id"], row["brand_slug"], _decode(row["brand_names"]), row["brand_country"]),
        titles=_decode(row["titles"]),
        descriptions=_decode(row["descriptions"]),
        product_type=row["product_type"],
        attributes=tuple((line.labels, rules.attribute_value(line, values[line.code])) for line in sheet),
        category_ids=tuple(row["category_ids"]),
        images=tuple(row["images"]),
        skus=tuple(variants),
        active=row["active"],
    )


def _products(condition: str, params: Mapping[str, Any]) -> list[Product]:
    found = hot_rows(f"{load('catalogue', 'products')} WHERE {condition}", params)
    if not found:
        return []
    variants: dict[UUID, list[Sku]] = {}
    of_them = {"product_ids": [row["id"] for row in found]}
    for sku in _skus("s.product_id = ANY(%(product_ids)s) ORDER BY s.id", of_them):
        variants.setdefault(sku.product_id, []).append(sku)
    return [_product(row, variants.get(row["id"], ())) for row in found]


def products(*, ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Products with their SKUs, by id; unknown ids are left out. Two statements."""
    wanted = list(ids)
    return {product.id: product for product in _products("p.id = ANY(%(ids)s)", {"ids": wanted})} if wanted else {}


def product(*, slug: str) -> Product | None:
    """A product page's content, switched off or not. Two statements."""
    found = _products("p.slug = %(slug)s", {"slug": slug}) if "\0" not in slug else []
    return found[0] if found else None


def product_ids(*, after: UUID | None = None, limit: int = 500) -> list[UUID]:
    """All products in the order of their ids, a page at a time: begin with None, go on with the last one."""
    chosen = ProductRow.objects.order_by("id")
    return list((chosen.filter(id__gt=after) if after else chosen).values_list("id", flat=True)[:limit])


def brands(*, ids: Iterable[UUID] | None = None) -> dict[UUID, Brand]:
    """All brands, or those of the ids."""
    chosen = BrandRow.objects.order_by("slug") if ids is None else BrandRow.objects.filter(id__in=list(ids))
    return {row[0]: Brand(*row) for row in chosen.values_list("id", "slug", "names", "country")}


def brand(*, slug: str) -> Brand | None:
    row = BrandRow.objects.filter(slug=slug).values_list("id", "slug", "names", "country").first()
    return Brand(*row) if row else None


def categories() -> tuple[Category, ...]:
    """The whole tree, parents before children, siblings by rank."""
    found = CategoryRow.objects.order_by("path__len", "rank", "slug")
    return tuple(Category(row.id, row.slug, row.names, row.parent_id, tuple(row.path), row.rank) for row in found)


def product_types() -> dict[str, ProductType]:
    """All types with their data sheets, by code. Two statements."""
    sheets: dict[UUID, list[Attribute]] = {}
    for row in AttributeDefinition.objects.order_by("rank", "code"):
        attribute = Attribute(row.code, row.labels, AttributeKind(row.kind), row.unit, row.choices)
        sheets.setdefault(row.product_type_id, []).append(attribute)
    return {
        row.code: ProductType(row.id, row.code, row.names, tuple(sheets.get(row.id, ())))
        for row in ProductTypeRow.objects.order_by("code")
    }


def _classification(row: Mapping[str, Any]) -> Classification:
    return Classification(**{**row, "unit2": row["unit2"] or None})


def classifications(*, sku_ids: Iterable[UUID], jurisdiction: str, on: date) -> dict[UUID, Classification]:
    """The decision in force on a day, by SKU; SKUs without one are left out. One statement."""
    params = {"sku_ids": list(sku_ids), "jurisdiction": jurisdiction, "on": on}
    found = hot_rows(load("catalogue", "classifications"), params) if params["sku_ids"] else []
    return {row["sku_id"]: _classification(row) for row in found}


def articles(
    *, ids: Collection[UUID] = (), codes: Collection[str] = (), jurisdiction: str, on: date
) -> dict[UUID, tuple[Sku, Classification | None]]:
    """SKUs by id or code with the decision in force on a day; unknown ones are left out. One statement."""
    if not ids and not codes:
        return {}
    params = {"ids": list(ids), "codes": list(codes), "jurisdiction": jurisdiction, "on": on}
    names, found = hot(load("catalogue", "articles"), params)
    read = [_article(tuple(names), row) for row in found]
    return {sku.id: (sku, decided) for sku, decided in read}


@lru_cache(maxsize=4_096)
def _article(names: tuple[str, ...], values: tuple[Any, ...]) -> tuple[Sku, Classification | None]:
    """What a row says. In a rush the same rows are read for every batch, and their texts cost more than the reading."""
    row = dict(zip(names, values, strict=True))
    columns = Classification.__dataclass_fields__
    return _sku(row), _classification({name: row[name] for name in columns}) if row["sku_id"] else None


def classification_history(*, sku_id: UUID, jurisdiction: str) -> list[Classification]:
    """Every decision ever made, the latest first: the first whose period holds a day was in force on it."""
    names = list(Classification.__dataclass_fields__)
    found = ClassificationRow.objects.filter(sku_id=sku_id, jurisdiction=jurisdiction).order_by("-decided_at", "-id")
    return [_classification(row) for row in found.values(*names)]


def sellability(*, sku_ids: Iterable[UUID], jurisdiction: str, on: date) -> dict[UUID, tuple[Problem, ...]]:
    """Why each SKU cannot be sold into the jurisdiction on that day; an empty tuple when it can. One statement.

    Codes: not_active, brand_not_authorised, not_classified, origin_unknown, weight_unknown. Unknown ids are left out.
    """
    params = {"sku_ids": list(sku_ids), "jurisdiction": jurisdiction, "on": on}
    found = rows(load("catalogue", "sellability"), params) if params["sku_ids"] else []
    return {
        row["id"]: tuple(
            rules.reasons_not_to_sell(
                active=row["active"],
                classified=row["classified"],
                origin=row["origin"],
                weights_g=(row["net_weight_g"], row["gross_weight_g"]),
                authorised=row["authorised"],
            )
        )
        for row in found
    }


def media_file(*, path: str) -> Path | None:
    """The stored picture behind a media path, for the view that serves it; None for anything else."""
    if not _MEDIA_PATH.fullmatch(path):
        return None
    found = Path(settings.MEDIA_ROOT) / path
    return found if found.is_file() else None
