"""Brands, categories and product types: put by slug or code, as often as one likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from entrepot.catalogue import rules
from entrepot.catalogue.models import AttributeDefinition, Brand, Category, Product, ProductType
from entrepot.catalogue.services.changes import products_changed
from entrepot.catalogue.types import Attribute, AttributeKind, BrandDraft, CategoryDraft, ProductTypeDraft
from entrepot.kit.ids import new_id
from entrepot.kit.refusals import Invalid
from entrepot.kit.sql import load, rows

DRAFTS_MAX = 5_000
CATEGORY_DEPTH_MAX = 6
ATTRIBUTES_MAX = 60
CHOICES_MAX = 200


class TooManyDrafts(Invalid):
    code = "too_many_drafts"
    zh = "一次最多提交 {drafts_max} 条"
    en = "At most {drafts_max} in one go"


class NamedTwice(Invalid):
    code = "named_twice"
    zh = "同一批里“{name}”出现了两次"
    en = "“{name}” occurs twice in one batch"


class UnknownCategory(Invalid):
    code = "unknown_category"
    zh = "没有这个分类：{name}"
    en = "There is no category {name}"


class CategoryInItself(Invalid):
    code = "category_in_itself"
    zh = "分类“{name}”不能放在它自己之下，层级最多 {depth_max} 层"
    en = "Category {name} cannot stand below itself; {depth_max} levels at most"


def refuse_repeats(names: Sequence[str], *, field: str) -> None:
    """Raises TooManyDrafts, NamedTwice."""
    if len(names) > DRAFTS_MAX:
        raise TooManyDrafts(drafts_max=DRAFTS_MAX)
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise NamedTwice(field=field, name=name)
        seen.add(name)


def _brand_row(draft: BrandDraft) -> dict[str, Any]:
    names = rules.clean_texts(draft.names, field="names", length_max=rules.NAME_LENGTH_MAX)
    return {
        "id": new_id(),
        "slug": rules.clean_slug(draft.slug),
        "names": names,
        "keys": sorted({rules.brand_key(name) for name in names.values()}),
        "country": rules.country(draft.country, field="country"),
    }


@transaction.atomic
def put_brands(*, drafts: Sequence[BrandDraft]) -> dict[str, UUID]:
    """Insert or change brands by slug; ids by slug. Products of a renamed brand are told as changed.

    Raises BadSlug, BadText, UnknownCountry, NamedTwice, TooManyDrafts.
    """
    refuse_repeats([draft.slug for draft in drafts], field="slug")
    params = {"rows": msgspec.json.encode([_brand_row(draft) for draft in drafts]).decode()}
    changed = [row["id"] for row in rows(load("catalogue", "put_brands"), params)]
    products_changed(Product.objects.filter(brand_id__in=changed).values_list("id", flat=True))
    return dict(Brand.objects.filter(slug__in=[draft.slug for draft in drafts]).values_list("slug", "id"))


def put_brand(*, draft: BrandDraft) -> UUID:
    return put_brands(drafts=[draft])[draft.slug]


@transaction.atomic
def set_sell_until(*, until: Mapping[UUID, date | None]) -> None:
    """Copy down the first day on which brands may not be listed any more (None: nothing is asked for). What changed is
    told, so that the shelf follows; on the day itself every question sees it by the date."""
    before = dict(Brand.objects.filter(id__in=until).values_list("id", "sell_until"))
    changed = sorted(brand_id for brand_id, day in before.items() if day != until[brand_id])
    for brand_id in changed:
        Brand.objects.filter(id=brand_id).update(sell_until=until[brand_id])
    products_changed(Product.objects.filter(brand_id__in=changed).values_list("id", flat=True) if changed else [])


def _paths(tree: Mapping[UUID, Category]) -> dict[UUID, list[UUID]]:
    """Root-to-self ids of every category. Raises CategoryInItself."""
    paths: dict[UUID, list[UUID]] = {}
    for category in tree.values():
        path: list[UUID] = []
        step: Category | None = category
        while step is not None:
            path.insert(0, step.id)
            if len(path) > CATEGORY_DEPTH_MAX:
                raise CategoryInItself(field="parent", name=category.slug, depth_max=CATEGORY_DEPTH_MAX)
            step = tree[step.parent_id] if step.parent_id else None
        paths[category.id] = path
    return paths


@transaction.atomic
def put_categories(*, drafts: Sequence[CategoryDraft]) -> dict[str, UUID]:
    """Insert or change categories by slug; ids by slug. Moving one moves everything below it.

    Raises BadSlug, BadText, UnknownCategory (a parent), CategoryInItself, NamedTwice, TooManyDrafts.
    """
    refuse_repeats([draft.slug for draft in drafts], field="slug")
    # The whole tree is locked in key order: two moves at once could otherwise close a circle.
    by_slug = {category.slug: category for category in Category.objects.select_for_update().order_by("id")}
    before = {category.id: list(category.path) for category in by_slug.values()}
    for draft in drafts:
        slug = rules.clean_slug(draft.slug)
        category = by_slug.setdefault(slug, Category(id=new_id(), slug=slug, path=[]))
        category.names = rules.clean_texts(draft.names, field="names", length_max=rules.NAME_LENGTH_MAX)
        category.rank = draft.rank
    for draft in drafts:
        if draft.parent is not None and draft.parent not in by_slug:
            raise UnknownCategory(field="parent", name=draft.parent)
        by_slug[draft.slug].parent_id = by_slug[draft.parent].id if draft.parent else None
    paths = _paths({category.id: category for category in by_slug.values()})
    for category in by_slug.values():
        category.path = paths[category.id]
    # Parents before children: the key to the parent is checked at the end of each statement anyway.
    Category.objects.bulk_create(
        sorted(by_slug.values(), key=lambda category: (len(category.path), category.slug)),
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["names", "parent", "path", "rank"],
    )
    moved = [category_id for category_id, path in before.items() if paths[category_id] != path]
    products_changed(Product.objects.filter(category_ids__overlap=moved).values_list("id", flat=True) if moved else [])
    return {draft.slug: by_slug[draft.slug].id for draft in drafts}


def put_category(*, draft: CategoryDraft) -> UUID:
    return put_categories(drafts=[draft])[draft.slug]


def _definition(attribute: Attribute, rank: int) -> AttributeDefinition:
    where = f"attributes.{attribute.code}"
    if len(attribute.choices) > CHOICES_MAX:
        raise TooManyDrafts(field=where, drafts_max=CHOICES_MAX)
    return AttributeDefinition(
        code=rules.clean_slug(attribute.code, field=where, length_max=60),
        labels=rules.clean_texts(attribute.labels, field=where, length_max=rules.NAME_LENGTH_MAX),
        kind=AttributeKind(attribute.kind),
        unit=rules.clean_text(attribute.unit, field=where, length_max=20, required=False),
        choices={
            rules.clean_slug(code, field=where, length_max=60): rules.clean_texts(
                texts, field=where, length_max=rules.NAME_LENGTH_MAX
            )
            for code, texts in attribute.choices.items()
        },
        rank=rank,
    )


@transaction.atomic
def put_product_types(*, drafts: Sequence[ProductTypeDraft]) -> dict[str, UUID]:
    """Insert or change product types by code, with their attributes in the order given; ids by code.

    An attribute that is no longer named stays, after the others: values may hang on it.
    Raises BadSlug, BadText, NamedTwice, TooManyDrafts.
    """
    refuse_repeats([draft.code for draft in drafts], field="code")
    options: dict[str, Any] = {"update_conflicts": True}
    types = [
        ProductType(
            code=rules.clean_slug(draft.code, field="code", length_max=60),
            names=rules.clean_texts(draft.names, field="names", length_max=rules.NAME_LENGTH_MAX),
        )
        for draft in drafts
    ]
    ProductType.objects.bulk_create(types, unique_fields=["code"], update_fields=["names"], **options)
    ids = dict(ProductType.objects.filter(code__in=[draft.code for draft in drafts]).values_list("code", "id"))
    definitions = []
    for draft in drafts:
        refuse_repeats([attribute.code for attribute in draft.attributes], field="attributes")
        if len(draft.attributes) > ATTRIBUTES_MAX:
            raise TooManyDrafts(field="attributes", drafts_max=ATTRIBUTES_MAX)
        for rank, attribute in enumerate(draft.attributes):
            definition = _definition(attribute, rank)
            definition.product_type_id = ids[draft.code]
            definitions.append(definition)
        named = [attribute.code for attribute in draft.attributes]
        AttributeDefinition.objects.filter(product_type_id=ids[draft.code]).exclude(code__in=named).update(
            rank=ATTRIBUTES_MAX
        )
    AttributeDefinition.objects.bulk_create(
        definitions,
        unique_fields=["product_type", "code"],
        update_fields=["labels", "kind", "unit", "choices", "rank"],
        **options,
    )
    return ids


def put_product_type(*, draft: ProductTypeDraft) -> UUID:
    return put_product_types(drafts=[draft])[draft.code]
