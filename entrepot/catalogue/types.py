"""Articles as other contexts see them. Texts are dicts by language ("zh-hans", "en")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

Texts = Mapping[str, str]


def text(texts: Texts, language: str) -> str:
    """The text in `language`, else in Chinese, else in any language there is; empty if none."""
    return texts.get(language) or texts.get("zh-hans") or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class Brand:
    id: UUID
    slug: str
    names: Texts
    country: str  # ISO 3166-1 alpha-2: where the brand is at home


@dataclass(frozen=True, slots=True)
class Category:
    id: UUID
    slug: str
    names: Texts
    parent_id: UUID | None
    path: tuple[UUID, ...]  # from the root to itself
    rank: int


@dataclass(frozen=True, slots=True)
class Sku:
    """What is bought, stored and declared. `titles` include brand, product and variant."""

    id: UUID
    product_id: UUID
    product_slug: str
    code: str
    gtin: str | None
    titles: Texts
    axes: Mapping[str, Texts]  # {"colour": {"zh-hans": "红色", "en": "Red"}}
    brand_id: UUID
    origin: str  # country of origin, ISO 3166-1 alpha-2
    net_weight_g: int
    gross_weight_g: int
    image: str | None  # media path: MEDIA_URL + image
    product_type: str
    active: bool


@dataclass(frozen=True, slots=True)
class Classification:
    """The HS decision for one SKU in one jurisdiction, with the legal quantities of ONE sales unit.

    Units are CEB codes ("035" kg, "011" piece). `declared_name` and `model` are the customs gname and gmodel.
    """

    sku_id: UUID
    jurisdiction: str  # "CN"
    hs_code: str  # ten digits for CN
    sales_unit: str  # unit of the order line, CEB code
    unit1: str
    quantity1: Decimal
    unit2: str | None
    quantity2: Decimal | None
    declared_name: str
    model: str
    valid_from: date
    decided_by: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product page's content, with all its SKUs."""

    id: UUID
    slug: str
    brand: Brand
    titles: Texts
    descriptions: Texts
    product_type: str
    attributes: tuple[tuple[Texts, Texts], ...]  # (label, value), in the type's order
    category_ids: tuple[UUID, ...]
    images: tuple[str, ...]
    skus: tuple[Sku, ...]
    active: bool
