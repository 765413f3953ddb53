"""Loads the part of the catalogue that a chunk of staged rows touches, as drafts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import LPad

from entrepot.catalogue import rules, selectors
from entrepot.catalogue.importing.judging import Brands, Known
from entrepot.catalogue.models import Brand, Category, ImportRow, Product, Sku
from entrepot.catalogue.types import BrandDraft, Classification, ProductDraft, SkuDraft

JURISDICTION = "CN"


def homes(codes: Iterable[str]) -> dict[str, str]:
    """SKU code to the slug of its product."""
    return dict(Sku.objects.filter(code__in=set(codes)).values_list("code", "product__slug"))


def holders(numbers: Iterable[str]) -> dict[str, str]:
    """GTIN-14 to the code of the SKU that has it."""
    padded = Sku.objects.filter(gtin__isnull=False).annotate(number=LPad("gtin", 14, Value("0")))
    return dict(padded.filter(number__in=set(numbers)).values_list("number", "code"))


def product_drafts(slugs: Iterable[str]) -> dict[str, ProductDraft]:
    """Products as they are, as drafts with all their SKUs, by slug."""
    category_slugs = dict(Category.objects.values_list("id", "slug"))
    found = list(Product.objects.filter(slug__in=set(slugs)).select_related("brand", "product_type"))
    skus: dict[UUID, list[SkuDraft]] = {}
    for sku in Sku.objects.filter(product__in=found).order_by("id"):
        skus.setdefault(sku.product_id, []).append(
            SkuDraft(sku.code, sku.gtin, sku.axes, sku.origin, sku.net_weight_g, sku.gross_weight_g, sku.active)
        )
    return {
        product.slug: ProductDraft(
            slug=product.slug,
            brand=product.brand.slug,
            titles=product.titles,
            product_type=product.product_type.code,
            descriptions=product.descriptions,
            attributes=product.attributes,
            categories=tuple(category_slugs[category_id] for category_id in product.category_ids),
            skus=tuple(skus.get(product.id, ())),
            active=product.active,
        )
        for product in found
    }


def _words(decision: Classification) -> dict[str, str]:
    """A decision in force as the words a row would say."""
    return {
        "hs_code": decision.hs_code,
        "sales_unit": decision.sales_unit,
        "unit1": decision.unit1,
        "quantity1": f"{decision.quantity1.normalize():f}",
        "unit2": decision.unit2 or "",
        "quantity2": f"{decision.quantity2.normalize():f}" if decision.quantity2 is not None else "",
        "declared_name": decision.declared_name,
        "model": decision.model,
    }


def _classifications(codes: Sequence[str], on: date) -> dict[str, dict[str, str]]:
    ids = dict(Sku.objects.filter(code__in=codes).values_list("id", "code")) if codes else {}
    decisions = selectors.classifications(sku_ids=ids, jurisdiction=JURISDICTION, on=on)
    return {ids[sku_id]: _words(decision) for sku_id, decision in decisions.items()}


def _brands(names: Iterable[str]) -> list[BrandDraft]:
    """The brands of these names, and those whose slug a new brand of such a name would want."""
    keys, slugs = {rules.brand_key(name) for name in names}, {rules.slugify(name) for name in names}
    found = Brand.objects.filter(Q(keys__overlap=list(keys)) | Q(slug__in=slugs))
    return [BrandDraft(*row) for row in found.values_list("slug", "names", "country")]


def load_known(*, groups: Mapping[str, Sequence[ImportRow]], on: date) -> Known:
    """What the staged rows of these products (by slug) touch, as it is on a day."""
    rows = [row for group in groups.values() for row in group]
    brand_names = {name for row in rows for name in row.parsed.get("product", {}).get("brand_names", {}).values()}
    categories = list(Category.objects.values_list("slug", "names"))
    by_words = {name.casefold(): slug for slug, names in categories for name in names.values()}
    return Known(
        products=product_drafts(groups),
        homes=homes(row.code for row in rows),
        gtins=holders(row.number for row in rows if row.number),
        brands=Brands(_brands(brand_names)),
        sheets={
            code: {line.code: line for line in found.attributes} for code, found in selectors.product_types().items()
        },
        categories={**by_words, **{slug: slug for slug, _ in categories}},
        classifications=_classifications([row.code for row in rows if row.parsed.get("classification")], on),
    )
