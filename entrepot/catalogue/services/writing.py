"""Writes judged products: brands first, then products with their SKUs, then classifications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from entrepot.catalogue import rules
from entrepot.catalogue.importing.judging import GENERAL, Outcome
from entrepot.catalogue.models import ProductType, Sku
from entrepot.catalogue.services.classify import classify
from entrepot.catalogue.services.products import put_products
from entrepot.catalogue.services.reference import put_brands, put_product_types
from entrepot.catalogue.types import ClassificationDraft, Problem, ProductTypeDraft
from entrepot.kit.clock import CHINA, day_in
from entrepot.kit.refusals import Refusal


def write(outcomes: Mapping[str, Outcome], *, actor: str, reason: str, now: datetime) -> dict[str, Problem]:
    """Write products by slug; why not, by slug, for those that could not be. Each product whole or not at all.

    A refusal here means that the catalogue changed after the rows were judged. The chunk is then halved until the
    product that is refused stands alone.
    """
    if not outcomes:
        return {}
    try:
        with transaction.atomic():
            _put(outcomes, actor, reason, now)
    except Refusal as refused:
        slugs = list(outcomes)
        if len(slugs) == 1:
            return {slugs[0]: rules.problem(refused)}
        found: dict[str, Problem] = {}
        for half in (slugs[: len(slugs) // 2], slugs[len(slugs) // 2 :]):
            found |= write({slug: outcomes[slug] for slug in half}, actor=actor, reason=reason, now=now)
        return found
    return {}


def _put(outcomes: Mapping[str, Outcome], actor: str, reason: str, now: datetime) -> None:
    brands = {outcome.brand.slug: outcome.brand for outcome in outcomes.values() if outcome.brand}
    put_brands(drafts=list(brands.values()))
    products = [outcome.product for outcome in outcomes.values() if outcome.product]
    general = any(product.product_type == GENERAL for product in products)
    if general and not ProductType.objects.filter(code=GENERAL).exists():
        put_product_types(drafts=[ProductTypeDraft(GENERAL, {"zh-hans": "通用", "en": "General"})])
    put_products(drafts=products, now=now)
    decisions = {code: words for outcome in outcomes.values() for code, words in outcome.classifications.items()}
    if decisions:
        ids = dict(Sku.objects.filter(code__in=decisions).values_list("code", "id"))
        drafts = [_decision(ids[code], words, now) for code, words in decisions.items()]
        classify(drafts=drafts, decided_by=actor, reason=reason, now=now)


def _decision(sku_id: UUID, words: Mapping[str, str], now: datetime) -> ClassificationDraft:
    return ClassificationDraft(
        sku_id=sku_id,
        hs_code=words["hs_code"],
        sales_unit=words["sales_unit"],
        unit1=words["unit1"],
        quantity1=Decimal(words["quantity1"]),
        unit2=words.get("unit2") or None,
        quantity2=Decimal(words["quantity2"]) if words.get("quantity2") else None,
        declared_name=words["declared_name"],
        model=words["model"],
        valid_from=day_in(CHINA, now),
    )
